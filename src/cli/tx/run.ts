import type { EncodeObject } from '@cosmjs/proto-signing'
import type { JsonObject } from '#lib/proto-json.ts'
import { toJson } from '#lib/proto-json.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { adjustGas } from '../../client/fees.ts'
import { anyTypes } from '../../client/services.ts'
import { SigningWadiClient, type TxFee, type TxOptions } from '../../client/signing.ts'
import type { RunContext } from '../context.ts'
import type { MethodCommand } from '../derived.ts'
import { CommandError, UsageError } from '../errors.ts'
import { place, type RequestFlags, valueAt } from '../flags/request.ts'
import { parseCoin } from '../flags/values.ts'
import type { MultisigInfo, NamedKey } from '../keys/key.ts'
import { print } from '../output.ts'
import { addressBook, atNode, checkedChainId, openKeyring, PATIENCE } from '../session.ts'
import { chainText, destinationText, nodeText, refuseUnseen, type WithOrigins } from './destination.ts'
import type { TxExtra } from './extras.ts'
import { finish } from './finish.ts'
import type { TxCommandOptions } from './options.ts'
import { unsignedTx } from './result.ts'
import { keyOf, LateSigner, nameOf, signingKey } from './signer.ts'
import { signersIn } from './signers.ts'

interface TxRun {
  readonly method: MethodCommand
  readonly flags: RequestFlags
  /** Names of the fields that hold the signers. */
  readonly signers: readonly string[]
  readonly extra: TxExtra | undefined
  readonly args: readonly unknown[]
  readonly options: WithOrigins<TxCommandOptions & Readonly<Record<string, unknown>>>
}

/** Makes one message, and does with it what the options say: print, simulate, or sign and send. */
export async function runTx(context: RunContext, run: TxRun): Promise<void> {
  const { options, method } = run
  await atNode(options.node, async () => {
    const keyring = openKeyring(options)
    // The signer is known once the message is; until then the client only reads.
    const signer = new LateSigner(options.signMode)
    const client = await SigningWadiClient.connectWithSigner(options.node, signer.offline, PATIENCE)
    const chainId = await checkedChainId(client, options)
    const { json, from } = await messageOf(context, run, {
      resolve: addressBook(keyring, chainId),
      nameOf: (address) => nameOf(keyring, address, chainId),
    })
    const value = run.flags.complete(json)
    const message: EncodeObject = { typeUrl: `/${method.definition.requestType.$type}`, value }
    registerCodecs(anyTypes())
    const known = keyOf(keyring, from, chainId)
    if (known?.algorithm !== 'multisig') signer.show(known)
    if (options.generateOnly === true) return generate(context, client, message, from, options, known)
    if (options.dryRun === true) return dryRun(context, client, message, from, options, known)
    if (known?.algorithm === 'multisig') throw severalKeys(known)
    const key = signingKey(keyring, from, chainId)
    const unlock = () => signer.open(keyring, key, chainId)
    await send(context, { client, chainId, message, from, options, unlock })
  })
}

interface Names {
  /** The address of a name. */
  resolve(text: string): string
  /** What people call an address. */
  nameOf(address: string): string
}

/** The message as JSON, and the address that signs it. */
async function messageOf(
  context: RunContext,
  { flags, signers, extra, args, options }: TxRun,
  { resolve, nameOf }: Names,
): Promise<{ json: JsonObject; from: string }> {
  const json = flags.read(args, options, resolve)
  const said = signersIn(json, flags.message)
  const from = options.from === undefined ? said[0] : resolve(options.from)
  if (from === undefined) throw new UsageError('--from is missing: name the key that signs, or its address')
  if (said.length > 0 && !said.includes(from)) {
    const names = said.map(nameOf).join(', ')
    throw new UsageError(
      `--from is ${options.from}, but the message is signed by ${names}\n  - leave out --from, or name one signer`,
    )
  }
  for (const name of signers) {
    const field = flags.message.fields.find((candidate) => candidate.name === name)
    if (field?.fieldKind === 'scalar' && valueAt(json, [name]) === undefined) place(json, [name], from)
  }
  const fields = flags.message.fields.map(({ name }) => name)
  await extra?.complete(json, { context, options, fields })
  return { json, from }
}

async function generate(
  context: RunContext,
  client: SigningWadiClient,
  message: EncodeObject,
  from: string,
  options: TxCommandOptions,
  key: NamedKey | undefined,
): Promise<void> {
  // Without a key nothing can be simulated, so the limit has to be said.
  const fee =
    key === undefined && options.gas === 'auto'
      ? undefined
      : await feeOf(client, message, from, txOptions(options), key)
  context.stdout.write(`${JSON.stringify(unsignedTx(message, fee, options))}\n`)
}

async function dryRun(
  context: RunContext,
  client: SigningWadiClient,
  message: EncodeObject,
  from: string,
  options: TxCommandOptions,
  key: NamedKey | undefined,
): Promise<void> {
  if (key === undefined)
    throw new CommandError(`there is no key for ${from}, whose public key a simulation needs`)
  const { gas, amount } = await feeOf(client, message, from, { ...txOptions(options), gas: 'auto' }, key)
  const fee = amount.map((coin) => ({ denom: coin.denom, amount: coin.amount }))
  await print(context, options.output, { gas_estimate: gas.toString(), fee })
}

/** Gas limit and fee; for a multisig a simulation needs more than its address. */
async function feeOf(
  client: SigningWadiClient,
  message: EncodeObject,
  from: string,
  options: TxOptions & { readonly gasAdjustment: number },
  key: NamedKey | undefined,
): Promise<TxFee> {
  if (key?.algorithm !== 'multisig' || options.gas !== 'auto') return client.fee(from, [message], options)
  const { multisigGas } = await import('./multisig.ts')
  const gas = adjustGas(await multisigGas(client, key, message, options.memo), options.gasAdjustment)
  return client.fee(from, [message], { ...options, gas })
}

function severalKeys({ name, threshold, members }: MultisigInfo): CommandError {
  return new CommandError(
    `${name} is a multisig: ${threshold} of its ${members.length} members have to sign`,
    [
      'print the transaction into a file with --generate-only',
      `let members sign it: "wadi tx sign FILE --from MEMBER --multisig ${name}"`,
      `put the signatures together: "wadi tx multi-sign FILE ${name} SIGNATURE…", then "wadi tx broadcast FILE"`,
    ],
  )
}

interface Sending {
  readonly client: SigningWadiClient
  readonly chainId: string
  readonly message: EncodeObject
  readonly from: string
  readonly options: WithOrigins<TxCommandOptions>
  readonly unlock: () => Promise<void>
}

async function send(context: RunContext, sending: Sending): Promise<void> {
  const { client, chainId, message, from, options, unlock } = sending
  if (options.yes === true) refuseUnseen(chainId, options)
  const fee = await client.fee(from, [message], txOptions(options))
  if (options.yes !== true) await confirm(context, sending, fee)
  await unlock()
  const exact: TxOptions = { ...txOptions(options), gas: fee.gas, fee: fee.amount }
  if (options.broadcastMode === 'async') {
    const { hash } = await client.comet.broadcastTxAsync({ tx: await client.sign(from, [message], exact) })
    const txhash = Buffer.from(hash).toString('hex').toUpperCase()
    context.stderr.write(`sent ${txhash} to ${destinationText(chainId, options)}\n`)
    return print(context, options.output, { txhash })
  }
  const hash = await client.signAndSend(from, [message], exact)
  await finish(context, client, hash, options)
}

async function confirm(
  context: RunContext,
  { message, from, chainId, options }: Sending,
  fee: TxFee,
): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError('nobody is at the terminal to confirm: add --yes')
  const { stringify } = await import('yaml')
  const value = toJson(message.typeUrl.slice(1), message.value as object)
  const coins = fee.amount.map(({ amount, denom }) => `${amount}${denom}`).join(',') || 'none'
  const text = stringify({
    [message.typeUrl.slice(1)]: value,
    signer: from,
    fee: coins,
    gas: fee.gas.toString(),
    chain_id: chainText(chainId, options),
    node: nodeText(options),
  })
  context.stderr.write(text)
  const { default: ask } = await import('@inquirer/confirm')
  if (await ask({ message: 'Sign and send?', default: false }, { output: process.stderr })) return
  throw new CommandError('not sent')
}

function txOptions({
  gas,
  gasAdjustment,
  gasPrices,
  fees,
  note,
  timeoutHeight,
}: TxCommandOptions): TxOptions & { readonly gasAdjustment: number } {
  return {
    gas: gas === 'auto' ? 'auto' : BigInt(gas),
    gasAdjustment,
    ...(gasPrices === undefined ? {} : { gasPrice: gasPrices }),
    ...(fees === undefined ? {} : { fee: fees.split(',').map((coin) => parseCoin(coin)) }),
    ...(note === undefined ? {} : { memo: note }),
    ...(timeoutHeight === undefined ? {} : { timeoutHeight: BigInt(timeoutHeight) }),
  }
}

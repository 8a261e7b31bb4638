import { existsSync, readFileSync } from 'node:fs'
import { fromHex, toHex } from '#lib/bytes.ts'
import type { JsonObject } from '#lib/proto-json.ts'
import type { RunContext } from '../context.ts'
import { CommandError, UsageError } from '../errors.ts'
import { print } from '../output.ts'
import { openKeyring } from '../session.ts'
import type { KeysOptions } from './command.ts'
import type { KeyAlgorithm, NamedKey } from './key.ts'
import { type Keyring, publicAccount } from './keyring.ts'
import { keyFromMnemonic, newMnemonic } from './mnemonic.ts'
import { readMultisig } from './multisig.ts'
import { passwordSource } from './password.ts'
import { KeyFileError, unlockKey, type Web3Secret } from './web3-secret.ts'

type Run = (context: RunContext, args: readonly string[], options: KeysOptions) => Promise<void>

/** The commands of `wadi keys` by name. */
export const keyCommands: Readonly<Record<string, Run>> = {
  async add(context, [name = ''], options) {
    const keyring = openKeyring(options)
    keyring.checkFree(name)
    if (options.multisig !== undefined) return addMultisig(context, keyring, name, options.multisig, options)
    refuseMultisigParts(options)
    const mnemonic = options.recover === true ? await givenMnemonic(options) : await newMnemonic(24)
    const { account, index } = options
    const privateKey = await keyFromMnemonic(mnemonic, { algorithm: algorithmOf(options), account, index })
    const info = await keyring.add(name, privateKey, algorithmOf(options))
    if (keyring.backend === 'test') context.stderr.write(INSECURE)
    if (options.recover !== true) context.stderr.write(`${KEEP}\n\n  ${mnemonic}\n\n`)
    await print(context, options.output, keyJson(info))
  },

  async list(context, _, options) {
    await print(context, options.output, openKeyring(options).list().map(keyJson))
  },

  async show(context, [name = ''], options) {
    const keyring = openKeyring(options)
    const own = keyring.find(name)
    const open = own === undefined ? publicAccount(name)?.info : undefined
    if (open !== undefined) context.stderr.write(`${open.name} is PUBLIC: ${EVERYBODYS}\n`)
    const info = own ?? open ?? keyring.must(name)
    if (options.address === true) context.stdout.write(`${info.address}\n`)
    else await print(context, options.output, keyJson(info))
  },

  async delete(context, [name = ''], options) {
    const keyring = openKeyring(options)
    const info = keyring.must(name)
    if (options.yes !== true && !(await agreed(`Remove ${name} (${info.address}) for good?`))) {
      throw new CommandError('nothing was removed')
    }
    keyring.delete(info)
    context.stderr.write(`removed ${name}, ${info.address}\n`)
  },

  async export(context, [name = ''], options) {
    const keyring = openKeyring(options)
    const info = keyring.mustSign(name)
    if (options.unarmoredHex === true) context.stdout.write(`${toHex(await keyring.privateKey(info))}\n`)
    else context.stdout.write(`${JSON.stringify(keyring.secret(info), null, 2)}\n`)
  },

  async import(context, [name = '', source = ''], options) {
    const keyring = openKeyring(options)
    keyring.checkFree(name)
    const privateKey = await importedKey(source, options)
    await print(context, options.output, keyJson(await keyring.add(name, privateKey, algorithmOf(options))))
    if (keyring.backend === 'test') context.stderr.write(INSECURE)
  },

  async mnemonic(context, _, options) {
    context.stdout.write(`${await newMnemonic(Number(options.words))}\n`)
  },
}

const INSECURE =
  'INSECURE: a key of the test keyring has no password of its own. Let it hold nothing of value.\n'
const EVERYBODYS = 'every devnet and localnet has this account, and everybody has its key.'
const KEEP = 'Write this down and keep it where nobody else finds it. It is the only way to get the key back:'

function algorithmOf({ eth }: KeysOptions): KeyAlgorithm {
  return eth === true ? 'ethsecp256k1' : 'secp256k1'
}

/** Without its members no multisig is made, and an ordinary key is not what was meant. */
function refuseMultisigParts({ multisigThreshold, nosort }: KeysOptions): void {
  if (multisigThreshold === undefined && nosort !== true) return
  throw new UsageError(
    `${nosort === true ? '--nosort' : '--multisig-threshold'} is for a multisig, and no members are named\n` +
      '  - name them: --multisig KEY,KEY,…',
  )
}

async function addMultisig(
  context: RunContext,
  keyring: Keyring,
  name: string,
  list: string,
  { multisigThreshold = '1', nosort, output }: KeysOptions,
): Promise<void> {
  const info = readMultisig(name, list, {
    threshold: Number(multisigThreshold),
    keepOrder: nosort === true,
    find: (text) => keyring.must(text),
  })
  keyring.addMultisig(info)
  await print(context, output, keyJson(info))
}

function keyJson(key: NamedKey): JsonObject {
  const { name, algorithm, address, hexAddress } = key
  const common = { name, algorithm, address, hex_address: hexAddress }
  if (key.algorithm !== 'multisig') return { ...common, public_key: key.publicKey }
  const members = key.members.map((member) => ({
    algorithm: member.algorithm,
    address: member.address,
    public_key: member.publicKey,
  }))
  return { ...common, threshold: key.threshold, members }
}

async function givenMnemonic({ mnemonicFile }: KeysOptions): Promise<string> {
  if (mnemonicFile !== undefined) return readFileSync(mnemonicFile, 'utf8').trim()
  if (!process.stdin.isTTY) return readFileSync(0, 'utf8').trim()
  const { default: password } = await import('@inquirer/password')
  return (await password({ message: 'Mnemonic', mask: true }, { output: process.stderr })).trim()
}

async function importedKey(source: string, options: KeysOptions): Promise<Uint8Array> {
  if (/^(?:0x)?[0-9a-fA-F]{64}$/.test(source)) return fromHex(source.replace(/^0x/, ''))
  if (!existsSync(source))
    throw new UsageError(`${source} is neither a file nor a private key of 64 hex digits`)
  let secret: Web3Secret
  try {
    secret = JSON.parse(readFileSync(source, 'utf8')) as Web3Secret
  } catch (error) {
    throw new CommandError(`${source} is no key file: ${(error as Error).message}`)
  }
  const ask = passwordSource(options.passwordFile)
  try {
    return unlockKey(secret, await ask(`Password of ${source}`))
  } catch (error) {
    if (error instanceof KeyFileError) throw new CommandError(`${source}: ${error.message}`)
    throw error
  }
}

async function agreed(message: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('nobody is at the terminal to confirm: add --yes')
  const { default: ask } = await import('@inquirer/confirm')
  return ask({ message, default: false }, { output: process.stderr })
}

import type { Params } from '#gen/cosmos/auth/v1beta1/auth.ts'
import {
  type AnteHandler,
  type AnteOptions,
  type AnteTx,
  sdk,
  type TxContext,
  type WriteContext,
} from '#kernel'
import { addressText } from '#lib/address.ts'
import { toBase64, utf8 } from '#lib/bytes.ts'
import type { Account } from './account-codec.ts'
import { state } from './state.ts'

/** Takes a fee from an account; bank's, handed in where the chain is put together. */
export type DeductFee = (ctx: WriteContext, payer: string, fee: AnteTx['fee']['amount']) => void

const SCALE = 10n ** 18n

/**
 * What taking a fee of one coin costs: two balances read and written (9,300, and room for long amounts). Wallets
 * simulate without a fee and pay one then, so a simulation charges for it.
 */
const FEE_GAS = 11_000

/**
 * Checks and charges a transaction in the Cosmos SDK's order: basic validity, timeout height, memo, size gas, fee,
 * public keys, signature count and gas, signatures, sequences. What it writes stays even if a message fails.
 */
export function createAnte(deductFee: DeductFee): AnteHandler {
  return (ctx, tx, options) => {
    const { mode } = options
    if (mode === 'recheck') return recheck(ctx, tx, deductFee, options)
    if (mode !== 'simulate') checkGasLimit(tx)
    const params = state.params.must(ctx)
    checkBasics(ctx, tx, params, options)
    ctx.consumeGas(tx.size * Number(params.txSizeCostPerByte), 'txSize')

    const payer = tx.fee.payer === '' ? (tx.signers[0] as string) : tx.fee.payer
    const fee = feeOf(tx)
    if (fee.length > 0) deductFee(ctx, payer, fee)
    else if (mode === 'simulate') ctx.consumeGas(FEE_GAS, 'the fee to come')
    if (ctx.recordsEvents) {
      ctx.emitRaw('tx', ['fee', fee.map((c) => c.amount + c.denom).join(','), 'fee_payer', payer])
    }

    const accounts = tx.signers.map((signer, index) => signingAccount(ctx, tx, signer, index, options))
    checkSignatureCount(accounts, params, options)
    for (let i = 0; i < accounts.length; i++)
      checkSignature(ctx, tx, i, accounts[i] as Account, params, options)
    for (let i = 0; i < accounts.length; i++) advance(ctx, tx.signers[i] as string, accounts[i] as Account)
    if (!ctx.recordsEvents) return
    for (let i = 0; i < accounts.length; i++) emitSigner(ctx, tx, accounts[i] as Account, i)
  }
}

function emitSigner(ctx: TxContext, tx: AnteTx, { base }: Account, index: number): void {
  ctx.emitRaw('tx', ['acc_seq', `${base.address}/${base.sequence}`])
  ctx.emitRaw('tx', ['signature', toBase64(tx.signatures[index] ?? new Uint8Array())])
}

/** The coins of the fee that are any: gas prices of 0 give fees of `0awadi`. */
function feeOf(tx: AnteTx): AnteTx['fee']['amount'] {
  return tx.fee.amount.filter((coin) => coin.amount !== '0')
}

/** After a block only nonce and balance can have changed; the signature was found good once. */
function recheck(ctx: TxContext, tx: AnteTx, deductFee: DeductFee, options: AnteOptions): void {
  checkTimeout(ctx, tx)
  const payer = tx.fee.payer === '' ? (tx.signers[0] as string) : tx.fee.payer
  const fee = feeOf(tx)
  if (fee.length > 0) deductFee(ctx, payer, fee)
  for (let i = 0; i < tx.signers.length; i++) {
    const signer = tx.signers[i] as string
    const account = signingAccount(ctx, tx, signer, i, options)
    checkSequence(tx, i, account, 'recheck')
    advance(ctx, signer, account)
  }
}

function checkTimeout(ctx: TxContext, { timeoutHeight, timeoutTimestamp: end }: AnteTx): void {
  if (timeoutHeight > 0n && ctx.height > timeoutHeight) {
    throw sdk.txTimeoutHeight(`block height: ${ctx.height}, timeout height: ${timeoutHeight}`)
  }
  const { seconds, nanos } = ctx.time
  if (end !== undefined && (seconds > end.seconds || (seconds === end.seconds && nanos > end.nanos))) {
    throw sdk.txTimeout(`block time is after timeout_timestamp ${end.seconds}.${end.nanos}`)
  }
}

function checkBasics(ctx: TxContext, tx: AnteTx, params: Params, { mode, minGasPrices }: AnteOptions): void {
  if (tx.hasExtensionOptions) throw sdk.unknownExtensionOptions('this chain knows no extension options')
  if (tx.signers.length === 0) throw sdk.invalidRequest('must contain at least one message')
  if (mode === 'check') checkMinimumFee(tx, minGasPrices)
  if (tx.signatures.length === 0) throw sdk.noSignatures()
  if (tx.signatures.length !== tx.signers.length || tx.signerInfos.length !== tx.signers.length) {
    throw sdk.unauthorized(
      `wrong number of signers; expected ${tx.signers.length}, got ${tx.signatures.length}`,
    )
  }
  if (tx.fee.granter !== '') throw sdk.notSupported('fee grants are not served by this chain')
  if (tx.fee.payer !== '' && !tx.signers.includes(tx.fee.payer)) {
    throw sdk.unauthorized(`fee payer ${tx.fee.payer} does not sign`)
  }
  if (tx.unordered) throw sdk.notSupported('unordered transactions are not served by this chain')
  checkTimeout(ctx, tx)
  // Three bytes a character at most: nearly always that settles it.
  if (BigInt(tx.memo.length * 3) <= params.maxMemoCharacters) return
  const memo = utf8(tx.memo).length
  if (BigInt(memo) > params.maxMemoCharacters) {
    throw sdk.memoTooLarge(
      `maximum number of characters is ${params.maxMemoCharacters} but received ${memo} characters`,
    )
  }
}

/** Before anything is charged: what is refused for want of gas has a limit of its own to say so. */
function checkGasLimit({ fee: { gasLimit } }: AnteTx): void {
  if (gasLimit === 0n) throw sdk.invalidGasLimit('must provide positive gas')
  if (gasLimit > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw sdk.invalidRequest(`invalid gas supplied; ${gasLimit} > ${Number.MAX_SAFE_INTEGER}`)
  }
}

/** The node's own minimum: enough of one of its denominations. */
function checkMinimumFee(tx: AnteTx, minimum: AnteOptions['minGasPrices']): void {
  if (minimum.length === 0) return
  const { amount, gasLimit } = tx.fee
  const required = minimum.map(({ denom, price }) => ({
    denom,
    amount: (price * gasLimit + SCALE - 1n) / SCALE,
  }))
  const paid = required.some((due) =>
    amount.some((coin) => coin.denom === due.denom && BigInt(coin.amount) >= due.amount),
  )
  if (paid || required.some((due) => due.amount === 0n)) return
  const list = (coins: readonly { denom: string; amount: bigint | string }[]) =>
    coins.map((coin) => `${coin.amount}${coin.denom}`).join(',')
  throw sdk.insufficientFee(`insufficient fees; got: ${list(amount)} required: ${list(required)}`)
}

/** A signer's account with its key: known from before, or brought by this transaction and found to be its own. */
function signingAccount(
  ctx: TxContext,
  tx: AnteTx,
  signer: string,
  index: number,
  options: AnteOptions,
): Account {
  const { mode } = options
  const account = state.accounts.get(ctx, signer)
  if (account === undefined) throw sdk.unknownAddress(`account ${signer} does not exist`)
  const given = tx.signerInfos[index]
  if (account.base.pubKey !== undefined) return account
  if (given?.publicKey === undefined) {
    if (mode === 'simulate') return account
    throw sdk.invalidPubKey(`account ${signer} has no public key yet and the transaction brings none`)
  }
  if (addressText(options.addressOf(given.publicKey)) !== signer && mode !== 'simulate') {
    throw sdk.invalidPubKey(`pubKey does not match signer address ${signer} with signer index: ${index}`)
  }
  return { ...account, base: { ...account.base, pubKey: { ...given.publicKey } } }
}

/** The limit counts every key that a multisig is made of, whether it signed or not. */
function checkSignatureCount(accounts: readonly Account[], params: Params, options: AnteOptions): void {
  let count = 0
  for (const { base } of accounts) count += base.pubKey === undefined ? 1 : options.countKeys(base.pubKey)
  if (BigInt(count) > params.txSigLimit) {
    throw sdk.tooManySignatures(`signatures: ${count}, limit: ${params.txSigLimit}`)
  }
}

function checkSignature(
  ctx: TxContext,
  tx: AnteTx,
  index: number,
  account: Account,
  params: Params,
  options: AnteOptions,
): void {
  const { mode } = options
  const count = options.countSignatures(index)
  ctx.consumeGas(Number(params.sigVerifyCostSecp256k1) * count, 'ante verify: secp256k1')
  checkSequence(tx, index, account, mode)
  const { pubKey, accountNumber, sequence } = account.base
  if (mode === 'simulate') return
  if (pubKey === undefined) throw sdk.invalidPubKey(`account ${account.base.address} has no public key`)
  if (options.verify(index, { accountNumber, sequence, publicKey: pubKey })) return
  throw sdk.unauthorized(
    `signature verification failed; please verify account number (${accountNumber}), sequence (${sequence}) and ` +
      `chain-id (${ctx.chainId})`,
  )
}

function checkSequence(tx: AnteTx, index: number, account: Account, mode: AnteOptions['mode']): void {
  const given = tx.signerInfos[index]?.sequence
  const expected = account.base.sequence
  // A simulation runs on committed state, while its wallet may have earlier transactions under way.
  if (given === expected || (mode === 'simulate' && given !== undefined && given > expected)) return
  throw sdk.wrongSequence(`account sequence mismatch, expected ${expected}, got ${given}`)
}

function advance(ctx: TxContext, signer: string, account: Account): void {
  const sequence = account.base.sequence + 1n
  state.accounts.set(ctx, signer, { ...account, base: { ...account.base, sequence } })
}

import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { addressBytes, addressText } from '#lib/address.ts'
import { addressFromPubKey } from '#lib/address-pubkey.ts'
import { fromByteString, fromHex, toHex } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import { nativeVerifier } from '#lib/verifier-native.ts'
import { directSignBytes, signatureJobs } from '../../src/app/sign.ts'
import type { DecodedTx } from '../../src/app/tx.ts'
import { createTxDecoder, type TxDecoder } from '../../src/app/tx-decode.ts'
import { decodePublicKey } from '../../src/app/tx-pubkey.ts'
import { AppError } from '../../src/kernel/errors.ts'

/** A case of `decode`: whether Go takes the bytes, and the addresses (hex) that must have signed. */
interface DecodeCase {
  readonly name: string
  readonly tx: string
  readonly accepted: boolean
  readonly signers?: readonly string[] | null
}

/** A case of `sign`: a transaction signed by Go in SIGN_MODE_DIRECT, and all on the way to it. */
interface SignCase {
  readonly address: string
  readonly pub: string
  readonly chain_id: string
  readonly account_number: number
  readonly sign_doc: string
  readonly signature: string
  readonly tx: string
}

interface Result {
  readonly checks: number
  readonly difference?: string
}

const sendOnly = new Map([
  [`/${MsgSend.$type}`, { typeName: MsgSend.$type, decode: (b: Uint8Array) => MsgSend.decode(b) }],
])

/**
 * Holds the transaction decoder and the sign bytes to a file made by Go: what Go refuses is refused, `valid-*` is
 * accepted with the same signers, what both accept has the same signers; sign bytes, keys and addresses are equal.
 */
export function checkTx(json: unknown, file: string): Result {
  const { decode, sign } = json as { decode: readonly DecodeCase[]; sign: readonly SignCase[] }
  const decoder = createTxDecoder(sendOnly)
  let checks = 0
  for (const [list, check] of [
    [decode, (entry: never) => checkDecode(decoder, entry)],
    [sign, (entry: never) => checkSign(decoder, entry)],
  ] as const) {
    for (const [index, entry] of list.entries()) {
      const found = check(entry as never)
      if (typeof found === 'string') return { checks, difference: `${file}: case ${index}: ${found}` }
      checks += found
    }
  }
  return { checks }
}

function checkDecode(decoder: TxDecoder, entry: DecodeCase): number | string {
  const { name, accepted, signers } = entry
  const tx = attempt(decoder, fromHex(entry.tx))
  if (typeof tx === 'string') {
    return accepted && name.startsWith('valid-') ? `${name} is refused: ${tx}` : 1
  }
  if (!accepted) return `${name} is accepted, Go refuses it`
  const found = tx.signers.map((signer) => toHex(fromByteString(addressBytes(signer)))).join()
  const expected = (signers ?? []).join()
  return found === expected ? 1 : `${name} has the signers ${found}, Go has ${expected}`
}

function attempt(decoder: TxDecoder, bytes: Uint8Array): DecodedTx | string {
  try {
    return decoder(bytes)
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

function checkSign(decoder: TxDecoder, entry: SignCase): number | string {
  const tx = decoder(fromHex(entry.tx))
  const accountNumber = BigInt(entry.account_number)
  const signBytes = directSignBytes(tx, entry.chain_id, accountNumber)
  if (toHex(signBytes) !== entry.sign_doc) return `sign bytes ${toHex(signBytes)}, Go has ${entry.sign_doc}`
  const info = tx.signerInfos[0]
  if (info?.publicKey === undefined) return 'no public key'
  const address = addressText(addressFromPubKey(decodePublicKey(info.publicKey)))
  if (address !== entry.address || tx.signers.join() !== address)
    return `address ${address}, Go has ${entry.address}`
  if (toHex(tx.signatures[0] ?? new Uint8Array(0)) !== entry.signature) return 'another signature'
  const account = { address, accountNumber, sequence: info.sequence, publicKey: info.publicKey }
  const jobs = signatureJobs(tx, 0, account, entry.chain_id)
  const digest = toHex(sha256(fromHex(entry.sign_doc)))
  const [job] = jobs
  if (jobs.length !== 1 || job === undefined || toHex(job.message) !== digest)
    return `digest other than ${digest}`
  if (toHex(job.publicKey) !== entry.pub) return `public key ${toHex(job.publicKey)}, Go has ${entry.pub}`
  const verdict = nativeVerifier().batch(jobs).every(Boolean)
  return verdict ? 5 : 'the signature does not verify'
}

import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import type { AccountKey } from '#lib/address-pubkey.ts'
import { utf8 } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import { signatureJob } from '#lib/signature.ts'
import type { VerifyJob } from '#lib/verifier.ts'
import type { SigningAccount } from '../kernel/ante.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { aminoBytesOf } from './sign-amino.ts'
import type { DecodedTx, ModeInfo } from './tx.ts'
import { decodePublicKey } from './tx-pubkey.ts'
import { BYTES, WireReader } from './tx-wire.ts'

/**
 * What must verify for the signature at `index` to be that account's: one job, or for a multisig one for each member
 * that signed. The forms are checked here: sign mode, number of signatures, threshold; a wrong one is `unauthorized`.
 */
export function signatureJobs(
  tx: DecodedTx,
  index: number,
  account: SigningAccount,
  chainId: string,
): VerifyJob[] {
  const info = tx.signerInfos[index]
  const signature = tx.signatures[index]
  if (info?.mode === undefined || signature === undefined) {
    throw sdk.unauthorized(`signature ${index} has no signer info with a sign mode`)
  }
  const jobs: VerifyJob[] = []
  const signBytes = signBytesByMode(tx, account, chainId)
  collect(decodePublicKey(account.publicKey), info.mode, signature, signBytes, jobs)
  return jobs
}

/** How many single keys a key stands for, at any depth of multisigs: what `tx_sig_limit` counts. */
export function countKeys(key: AccountKey): number {
  if (key.kind !== 'multisig') return 1
  let count = 0
  for (const member of key.keys) count += countKeys(member)
  return count
}

/** How many single signatures a sign mode announces: what has to be verified and paid for. */
export function countSignatures(mode: ModeInfo | undefined): number {
  if (mode === undefined) return 0
  if (mode.kind === 'single') return 1
  let count = 0
  for (const member of mode.modes) count += countSignatures(member)
  return count
}

type SignBytes = (mode: number) => Uint8Array

/** Sign bytes by mode, each made once however many members of a multisig use it; they sign one account number. */
function signBytesByMode(tx: DecodedTx, account: SigningAccount, chainId: string): SignBytes {
  let direct: Uint8Array | undefined
  let amino: Uint8Array | undefined
  return (mode) => {
    if (mode === SignMode.SIGN_MODE_DIRECT) {
      direct ??= directSignBytes(tx, chainId, account.accountNumber)
      return direct
    }
    if (mode === SignMode.SIGN_MODE_LEGACY_AMINO_JSON) {
      amino ??= aminoBytesOf(tx, account, chainId)
      return amino
    }
    throw sdk.unauthorized(`sign mode ${mode} is not supported; sign with DIRECT or LEGACY_AMINO_JSON`)
  }
}

function collect(
  key: AccountKey,
  mode: ModeInfo,
  signature: Uint8Array,
  signBytes: SignBytes,
  jobs: VerifyJob[],
): void {
  if (key.kind !== 'multisig') {
    if (mode.kind !== 'single')
      throw sdk.unauthorized('a single key cannot have the signatures of a multisig')
    jobs.push(signatureJob(key, signBytes(mode.mode), signature, sha256))
    return
  }
  if (mode.kind !== 'multi') throw sdk.unauthorized('a multisig key needs the signatures of its members')
  const signatures = readMultiSignature(signature)
  const { signed, modes } = mode
  if (signed.length !== key.keys.length) {
    throw sdk.unauthorized(`the bit array has ${signed.length} bits for ${key.keys.length} keys`)
  }
  const members = key.keys.filter((_, i) => signed[i])
  if (members.length < key.threshold) {
    throw sdk.unauthorized(`not enough signatures: ${members.length} of the ${key.threshold} that are needed`)
  }
  if (signatures.length !== members.length || modes.length !== members.length) {
    throw sdk.unauthorized(
      `${members.length} members signed, but there are ${signatures.length} signatures and ${modes.length} modes`,
    )
  }
  for (const [i, member] of members.entries()) {
    collect(member, modes[i] as ModeInfo, signatures[i] as Uint8Array, signBytes, jobs)
  }
}

/** Reads `cosmos.crypto.multisig.v1beta1.MultiSignature`; unknown fields are refused. */
function readMultiSignature(bytes: Uint8Array): Uint8Array[] {
  const reader = new WireReader(bytes, 'cosmos.crypto.multisig.v1beta1.MultiSignature')
  const signatures: Uint8Array[] = []
  while (reader.more()) {
    const tag = reader.tag()
    if (tag !== 8 + BYTES) reader.refuse(tag)
    signatures.push(reader.bytesField())
  }
  return signatures
}

// Sign bytes are hashed and forgotten: those of most transactions are written to the same place.
const scratch = new Uint8Array(4_096)
/** The most that stands around body, auth info and chain id: three tags and lengths, the account number. */
const OVERHEAD = 3 * 6 + 11
let chainIdText = ''
let chainIdBytes: Uint8Array = new Uint8Array(0)

/**
 * The SignDoc of SIGN_MODE_DIRECT: body and auth info as they came, never encoded anew, then chain id and account
 * number. Empty parts are left out, as protobuf does. The result is good until the next call.
 */
export function directSignBytes(tx: DecodedTx, chainId: string, accountNumber: bigint): Uint8Array {
  if (chainId !== chainIdText) {
    chainIdText = chainId
    chainIdBytes = utf8(chainId)
  }
  const { bodyBytes, authInfoBytes } = tx
  const most = bodyBytes.length + authInfoBytes.length + chainIdBytes.length + OVERHEAD
  const out = most > scratch.length ? new Uint8Array(most) : scratch
  let at = writeField(out, 0, 1, bodyBytes)
  at = writeField(out, at, 2, authInfoBytes)
  at = writeField(out, at, 3, chainIdBytes)
  if (accountNumber !== 0n) {
    out[at++] = 4 * 8
    let rest = accountNumber
    for (; rest >= 0x80n; rest >>= 7n) out[at++] = Number(rest & 0x7fn) | 0x80
    out[at++] = Number(rest)
  }
  return out.subarray(0, at)
}

function writeField(out: Uint8Array, start: number, field: number, bytes: Uint8Array): number {
  if (bytes.length === 0) return start
  let at = start
  out[at++] = field * 8 + BYTES
  let rest = bytes.length
  for (; rest >= 0x80; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80
  out[at++] = rest
  out.set(bytes, at)
  return at + bytes.length
}

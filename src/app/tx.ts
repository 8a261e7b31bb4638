import type { VerifyJob } from '#lib/verifier.ts'
import type { AnteTx, SigningAccount, TxSigner } from '../kernel/ante.ts'
import type { ByteString } from '../kernel/kv.ts'

/** What one transaction may hold; everything beyond is refused before it costs anything. */
export interface TxLimits {
  readonly maxBytes: number
  readonly maxMessages: number
  /** Signatures and signer infos; the ante handler's own limit is far below. */
  readonly maxSignatures: number
  readonly maxFeeCoins: number
  /** Levels of multisigs within multisigs. */
  readonly maxKeyDepth: number
}

export const DEFAULT_TX_LIMITS: TxLimits = {
  maxBytes: 1_048_576,
  maxMessages: 1_000,
  maxSignatures: 100,
  maxFeeCoins: 100,
  maxKeyDepth: 4,
}

/** One message, decoded. */
export interface TxMessage {
  /** As `/cosmos.bank.v1beta1.MsgSend`. */
  readonly typeUrl: string
  /** As `cosmos.bank.v1beta1.MsgSend`. */
  readonly typeName: string
  /** The generated type's object. */
  readonly value: unknown
}

/** How a signature was made: by one key, or by some keys of a multisig. */
export type ModeInfo =
  | { readonly kind: 'single'; readonly mode: number }
  | {
      readonly kind: 'multi'
      /** One entry a key, true for those that signed. */
      readonly signed: readonly boolean[]
      /** One entry a signature, in the order of the keys. */
      readonly modes: readonly ModeInfo[]
    }

export interface SignerInfo extends TxSigner {
  /** Absent in some simulations only. */
  readonly mode: ModeInfo | undefined
}

/** A moment as protobuf has it: seconds since 1970 and nanoseconds within the second. */
export interface TxTimestamp {
  readonly seconds: bigint
  readonly nanos: number
}

/** A transaction that keeps all rules of form. Arrays are views of the bytes it was read from. */
export interface DecodedTx extends AnteTx {
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes; made when it is asked for. */
  readonly hash: ByteString
  readonly bodyBytes: Uint8Array
  readonly authInfoBytes: Uint8Array
  readonly messages: readonly TxMessage[]
  readonly unordered: boolean
  readonly timeoutTimestamp: TxTimestamp | undefined
  /** The body holds fields this chain does not know but may pass over; amino JSON cannot sign them. */
  readonly hasUnknownFields: boolean
  readonly hasTip: boolean
  readonly signerInfos: readonly SignerInfo[]
  /** What {@link SignatureChecker} found out about each signature; its alone to read and write. */
  verdicts?: (SignatureVerdict | undefined)[]
}

/** A signature that was asked about: for which account, and what is to be verified or was found. */
export interface SignatureVerdict extends SigningAccount {
  readonly chainId: string
  /** Until they are verified. */
  jobs: readonly VerifyJob[] | undefined
  /** Once they are. */
  good: boolean
}

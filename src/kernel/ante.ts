import type { TxContext } from './context.ts'
import type { ByteString } from './kv.ts'

/** Why the ante handler runs. Only `deliver` is final; `simulate` checks no signature. */
export type AnteMode = 'check' | 'recheck' | 'proposal' | 'deliver' | 'simulate'

export interface TxCoin {
  readonly denom: string
  readonly amount: string
}

/** A public key as it stands in a transaction or an account. */
export interface TxPublicKey {
  readonly typeUrl: string
  readonly value: Uint8Array
}

export interface TxSigner {
  /** Absent where the account is known to have a key already, and in some wallets' simulations. */
  readonly publicKey: TxPublicKey | undefined
  readonly sequence: bigint
}

/** What an ante handler may know of a transaction. */
export interface AnteTx {
  /** Length of the transaction as it came, in bytes. */
  readonly size: number
  readonly memo: string
  readonly timeoutHeight: bigint
  readonly timeoutTimestamp: { readonly seconds: bigint; readonly nanos: number } | undefined
  readonly unordered: boolean
  readonly hasExtensionOptions: boolean
  readonly fee: {
    readonly amount: readonly TxCoin[]
    readonly gasLimit: bigint
    readonly payer: string
    readonly granter: string
  }
  /** bech32, each once: the messages' signers in order, then the payer of the fee if it is none of them. */
  readonly signers: readonly string[]
  readonly signerInfos: readonly TxSigner[]
  readonly signatures: readonly Uint8Array[]
}

/** The account a signature speaks for. */
export interface SigningAccount {
  readonly accountNumber: bigint
  readonly sequence: bigint
  readonly publicKey: TxPublicKey
}

/** An account as it stands in the state; without a key until it has signed for the first time. */
export interface KnownAccount {
  readonly accountNumber: bigint
  readonly sequence: bigint
  readonly publicKey: TxPublicKey | undefined
}

export interface AnteOptions {
  readonly mode: AnteMode
  /** The node's own minimum, per unit of gas in 1/10^18; looked at in `check` only. */
  readonly minGasPrices: readonly { readonly denom: string; readonly price: bigint }[]
  /** True if the signature at `index` is that account's over this transaction. */
  verify(index: number, account: SigningAccount): boolean
  /** How many plain signatures the one at `index` holds: 1, or the members of a multisig that signed. */
  countSignatures(index: number): number
  /** How many plain keys a public key holds: 1, or all members of a multisig; what the signature limit counts. */
  countKeys(publicKey: TxPublicKey): number
  /** The address of the account that a key owns. */
  addressOf(publicKey: TxPublicKey): ByteString
}

/** Checks and charges a transaction before its messages run; throws a named error to refuse it. */
export type AnteHandler = (ctx: TxContext, tx: AnteTx, options: AnteOptions) => void

/** Why something that a node said was not believed. */
export type VerificationReason =
  /** The header at the trusted height is not the trusted one. */
  | 'trust'
  /** The trusted header is older than the trusting period: validators may have left without risk since. */
  | 'expired'
  /** The newest header that the node shows is old: it hides blocks, or the chain stands still. */
  | 'stale'
  /** A header from the future, by this machine's clock. */
  | 'future'
  | 'chain-id'
  | 'height'
  /** Header times must rise with their heights. */
  | 'time'
  /** The commit is not one of this header. */
  | 'header'
  /** The validators are not those that the header names. */
  | 'validators'
  /** A vote is not by the validator in whose place it stands, or one validator votes twice. */
  | 'vote'
  | 'signature'
  /** Too little voting power has signed. */
  | 'power'
  /** The value or its absence does not follow from the header. */
  | 'proof'
  /** An answer above a limit of this client, or too many steps. */
  | 'limit'

/** A node said something that does not follow from the trusted header. Nothing of its answer was used. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'
  readonly reason: VerificationReason

  constructor(reason: VerificationReason, message: string) {
    super(`not verified: ${message}`)
    this.reason = reason
  }
}

/** A verified read of what cannot be proven, or by a client that trusts nothing yet. */
export class VerifyUnsupportedError extends Error {
  override readonly name = 'VerifyUnsupportedError'
}

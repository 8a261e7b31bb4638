/** What can go wrong between a client and a node. Match on `codespace` and `code`: they are part of the wire format. */

import { clip } from '#lib/bytes.ts'

/** An event as a node sends it. */
export interface RawEvent {
  readonly type: string
  readonly attributes: readonly { readonly key: string; readonly value: string }[]
}

/** What a node answers when it refuses. */
export interface Refusal {
  /** Who refuses: a module, or `sdk` for what all chains have in common. */
  readonly codespace: string
  /** Why; never 0. */
  readonly code: number
  readonly log: string
}

/** The node has no block yet: it has just started, or waits for others. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError'

  constructor() {
    super('the node has no block yet: it has just started, or waits for its peers')
  }
}

/** A query that was refused. */
export class QueryError extends Error implements Refusal {
  override readonly name = 'QueryError'
  readonly codespace: string
  readonly code: number
  readonly log: string
  /** As `/cosmos.bank.v1beta1.Query/Balance`. */
  readonly path: string

  constructor(path: string, { codespace, code, log }: Refusal) {
    super(`${path}: ${log} (error ${code} of ${codespace})`)
    this.path = path
    this.codespace = codespace
    this.code = code
    this.log = log
  }
}

/** A transaction that was refused, by the node it was sent to or by the block it was in. */
export class TxError extends Error implements Refusal {
  override readonly name = 'TxError'
  readonly codespace: string
  readonly code: number
  readonly log: string
  /** Upper-case hexadecimal. */
  readonly hash: string
  /** The block it failed in; absent when it never got into one. */
  readonly height: number | undefined

  constructor({ codespace, code, log }: Refusal, hash: string, height?: number) {
    super(
      `the transaction ${height === undefined ? 'is refused' : 'failed'}: ${log} (error ${code} of ${codespace})`,
    )
    this.codespace = codespace
    this.code = code
    this.log = log
    this.hash = hash
    this.height = height
  }
}

/** A transaction that was sent and did not show up in a block in time. It may still. */
export class TxTimeoutError extends Error {
  override readonly name = 'TxTimeoutError'
  /** Upper-case hexadecimal. */
  readonly hash: string

  constructor(hash: string, timeoutMs: number) {
    super(
      `transaction ${hash} was not in a block after ${timeoutMs} ms; it may still get into one: ` +
        'look it up by its hash before sending it again',
    )
    this.hash = hash
  }
}

/** A transaction that the node was sent already: it waits there, or is in a block. */
export class TxKnownError extends Error {
  override readonly name = 'TxKnownError'
  /** Upper-case hexadecimal. */
  readonly hash: string

  constructor(hash: string) {
    super(`this transaction was sent already: look it up by its hash, ${hash}`)
    this.hash = hash
  }
}

/** A list was read too slowly: the node no longer keeps the height that it began at. */
export class ListPrunedError extends Error {
  override readonly name = 'ListPrunedError'
  readonly height: number

  constructor(cause: QueryError, page: number, height: number) {
    super(
      `${cause.path}: page ${page} is gone, because the node no longer keeps height ${height}: begin again, with ` +
        `larger pages (pageSize), or ask a node that keeps more heights`,
      { cause },
    )
    this.height = height
  }
}

/** An event that does not have the form that its type has. Nothing of it is lost: `event` is what the node sent. */
export class EventError extends Error {
  override readonly name = 'EventError'
  readonly event: RawEvent

  constructor(event: RawEvent, reason: string, options?: ErrorOptions) {
    super(`event ${clip(event.type)} cannot be read: ${reason}`, options)
    this.event = event
  }
}

/** A subscription could not go on, and says from which height it has not delivered. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError'
  /** The first height that was not delivered as a whole: begin there to miss nothing (`{ from }`). */
  readonly height: number

  constructor(reason: string, height: number, options?: ErrorOptions) {
    super(`${reason}; begin again with { from: ${height} } to miss nothing`, options)
    this.height = height
  }
}

import { AddressError } from '#lib/address.ts'
import { ValueError } from '#lib/bytes.ts'
import { AppError, AssertionError } from '../kernel/errors.ts'

/** How a transaction failed: codespace and code are consensus, the log is for people. */
export interface Failure {
  readonly codespace: string
  readonly code: number
  readonly log: string
}

/** Tells a failure from what was asked for: nothing else has a codespace. */
export function isFailure(value: object): value is Failure {
  return 'codespace' in value
}

/** A failure nobody named: a bug in a handler. Its stack goes to the node's log, never to the chain. */
export const INTERNAL: Failure = { codespace: 'undefined', code: 1, log: 'internal' }

// Stack depth and memory differ between machines: what overflowed here may pass elsewhere.
const EXHAUSTED =
  /call stack|Invalid (?:array|string|typed array) length|allocation failed|Invalid array buffer/

/** True for what must halt the node: a broken promise, or a limit of this machine. */
export function mustHalt(error: unknown): boolean {
  if (error instanceof AssertionError) return true
  return error instanceof RangeError && EXHAUSTED.test(error.message)
}

/**
 * The failure that an exception stands for. Values that do not parse are the sender's fault (`sdk/7` for an address,
 * `sdk/18` otherwise); what nobody named is {@link INTERNAL}. What must halt is thrown on.
 */
export function failureOf(error: unknown, onBug: (error: unknown) => void): Failure {
  if (error instanceof AppError) return { codespace: error.codespace, code: error.code, log: error.message }
  if (mustHalt(error)) throw error
  if (error instanceof AddressError)
    return { codespace: 'sdk', code: 7, log: `${error.message}: invalid address` }
  if (error instanceof ValueError)
    return { codespace: 'sdk', code: 18, log: `${error.message}: invalid request` }
  onBug(error)
  return INTERNAL
}

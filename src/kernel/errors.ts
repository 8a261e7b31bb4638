/**
 * Two kinds of failure, kept apart.
 *
 * - {@link AppError}: expected. It fails the transaction with `{codespace, code}`; its writes are dropped, its
 * gas kept.
 * - {@link AssertionError}: a bug. The node halts before Commit, because going on could fork the chain.
 */

/** A registered, deterministic failure. `codespace` and `code` are wire format; the message is not hashed by anyone. */
export class AppError extends Error {
  readonly codespace: string
  readonly code: number
  /** The registered text, without the detail. */
  readonly description: string

  constructor(codespace: string, code: number, description: string, detail: string) {
    super(detail === '' ? description : `${detail}: ${description}`)
    this.name = 'AppError'
    this.codespace = codespace
    this.code = code
    this.description = description
  }
}

/** A broken promise of the code to itself; see {@link assert}. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Makes one registered error; `detail` says which object and value were at fault. */
export interface ErrorFactory {
  (detail?: string): AppError
  readonly codespace: string
  readonly code: number
  readonly description: string
}

/** `{ notFound: [2, 'asset not found'] }`: names to code and text. Codes are append only and never 0 or 1. */
export type ErrorTable = Readonly<Record<string, readonly [code: number, description: string]>>

const registered = new Map<string, readonly ErrorFactory[]>()

/**
 * Registers the errors of a module under its codespace. Code 1 is reserved for `internal`.
 * Two equal codes, or a codespace registered twice, stop the program at import.
 */
export function errors<T extends ErrorTable>(
  codespace: string,
  table: T,
): { readonly [K in keyof T]: ErrorFactory } {
  assert(!registered.has(codespace), `codespace ${codespace} is registered twice`)
  const seen = new Set<number>()
  const made: Record<string, ErrorFactory> = {}
  for (const [name, [code, description]] of Object.entries(table)) {
    const usable = Number.isInteger(code) && code > 1 && !seen.has(code)
    assert(usable, `${codespace}.${name}: code ${code} is reserved or taken`)
    seen.add(code)
    made[name] = errorFactory(codespace, code, description)
  }
  registered.set(codespace, Object.values(made))
  return made as { readonly [K in keyof T]: ErrorFactory }
}

/** Every registered error, by codespace in order of registration; documentation is made from it. */
export function registeredErrors(): ReadonlyMap<string, readonly ErrorFactory[]> {
  return registered
}

function errorFactory(codespace: string, code: number, description: string): ErrorFactory {
  const make = (detail = '') => new AppError(codespace, code, description, detail)
  return Object.assign(make, { codespace, code, description })
}

/** Throws in an expression: `table.get(ctx, id) ?? fail(err.notFound(`${id}`))`. */
export function fail(error: AppError): never {
  throw error
}

/** States what the code relies on; when it does not hold the node halts before Commit. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

import { ValueError } from '#lib/bytes.ts'

/** A document that is not the JSON expected. Names the path and the byte offset. */
export class JsonSyntaxError extends ValueError {
  override readonly name = 'JsonSyntaxError'
  /** For example `app_state.bank.balances[3]`; empty at the root. */
  readonly path: string
  /** Bytes from the start of the array. */
  readonly offset: number

  constructor(path: string, offset: number, problem: string) {
    super(`${path === '' ? 'document' : path}: ${problem} at byte ${offset}`)
    this.path = path
    this.offset = offset
  }
}

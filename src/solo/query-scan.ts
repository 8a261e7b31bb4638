/** Words of CometBFT's query language (`libs/pubsub/query/syntax`), with its error texts. */
import { RpcRefusal } from './errors.ts'
import { goDateError, goTimeError } from './go-times.ts'

export type TokenKind =
  | 'tag'
  | 'string'
  | 'number'
  | 'time'
  | 'date'
  | 'AND'
  | 'CONTAINS'
  | 'EXISTS'
  | '='
  | '<'
  | '<='
  | '>'
  | '>='

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Byte offset of its beginning. */
  readonly at: number
}

const SPACE = /\s/u
const DIGIT = /[0-9]/
const TAG_FIRST = /[_\p{L}\p{Nd}]/u
const TAG = /[._\-\p{L}\p{Nd}]/u
const TIME_CHARACTER = /[-T:+Z0-9]/
const DATE_CHARACTER = /[-0-9]/
const WORDS: readonly string[] = ['AND', 'CONTAINS', 'EXISTS']

/** Reads one token after the other. */
export class Scanner {
  readonly #runes: readonly string[]
  #next = 0
  /** Byte offset of the next rune. */
  #offset = 0

  constructor(query: string) {
    this.#runes = [...query]
  }

  /** The next token; undefined at the end. Throws {@link RpcRefusal} for what is no token. */
  next(): Token | undefined {
    this.#while(SPACE)
    const at = this.#offset
    const first = this.#take()
    if (first === undefined) return undefined
    if (DIGIT.test(first)) return { kind: 'number', text: this.#number(first), at }
    if (TAG_FIRST.test(first)) return this.#word(first, at)
    if (first === "'") return { kind: 'string', text: this.#quoted(at), at }
    if (first === '=') return { kind: '=', text: '=', at }
    if (first === '<' || first === '>') {
      const or = this.#peek() === '=' ? (this.#take() as string) : ''
      return { kind: `${first}${or}` as TokenKind, text: `${first}${or}`, at }
    }
    throw new QueryError(at, `invalid input ${first} at offset ${this.#offset}`)
  }

  /** Where the next token would begin. */
  get offset(): number {
    return this.#offset
  }

  #number(first: string): string {
    let text = first + this.#while(DIGIT)
    if (this.#peek() === '.') text += `${this.#take()}${this.#while(DIGIT)}`
    return text
  }

  #word(first: string, at: number): Token {
    const text = first + this.#while(TAG)
    if ((text === 'TIME' || text === 'DATE') && this.#peek() === ' ') {
      this.#take()
      return text === 'TIME' ? this.#time(at) : this.#date(at)
    }
    return { kind: WORDS.includes(text) ? (text as TokenKind) : 'tag', text, at }
  }

  #quoted(at: number): string {
    let text = ''
    for (;;) {
      const rune = this.#take()
      if (rune === undefined) throw new QueryError(at, END)
      if (rune === "'") return text
      text += rune
    }
  }

  #time(at: number): Token {
    const text = this.#while(TIME_CHARACTER)
    const problem = goTimeError(text)
    if (problem !== undefined) throw new QueryError(at, `invalid TIME value: ${problem}`)
    refuseYear(at, 'timestamp', text)
    return { kind: 'time', text, at }
  }

  #date(at: number): Token {
    const text = this.#while(DATE_CHARACTER)
    const problem = goDateError(text)
    if (problem !== undefined) throw new QueryError(at, `invalid DATE value: ${problem}`)
    refuseYear(at, 'datestamp', text)
    return { kind: 'date', text, at }
  }

  #peek(): string | undefined {
    return this.#runes[this.#next]
  }

  #take(): string | undefined {
    const rune = this.#runes[this.#next]
    if (rune === undefined) return undefined
    this.#next++
    this.#offset += Buffer.byteLength(rune)
    return rune
  }

  #while(pattern: RegExp): string {
    let text = ''
    for (let rune = this.#peek(); rune !== undefined && pattern.test(rune); rune = this.#peek())
      text += this.#take()
    return text
  }
}

/** The problem of a query that ends where something has to follow. */
export const END = 'EOF'

/** A query that cannot be read, with the place where. */
export class QueryError extends RpcRefusal {
  readonly at: number
  readonly problem: string

  constructor(at: number, problem: string) {
    super(`offset ${at}: ${problem}`)
    this.at = at
    this.problem = problem
  }
}

function refuseYear(at: number, what: string, text: string): void {
  const year = Number(text.slice(0, 4))
  if (year < 1900 || year > 2999) throw new QueryError(at, `${what} year ${year} out of range`)
}

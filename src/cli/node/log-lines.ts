import type { Readable, Writable } from 'node:stream'

/** Longest line kept; the rest of a longer one is cut. */
const MAX_LINE = 16_384

/** Calls `onLine` for each line of a stream, the unfinished last one included. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = (lines.pop() ?? '').slice(0, MAX_LINE)
    for (const line of lines) onLine(line.slice(0, MAX_LINE))
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
    rest = ''
  })
}

/** The last lines of a log. */
export class LastLines {
  readonly #max: number
  #lines: string[] = []

  constructor(max: number) {
    this.#max = max
  }

  add(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > 2 * this.#max) this.#lines = this.#lines.slice(-this.#max)
  }

  all(): readonly string[] {
    return this.#lines.slice(-this.#max)
  }
}

/** How log lines are printed: as text behind the name of their source, or as one JSON object a line. */
export type LogFormat = 'text' | 'json'

export type LogSink = (source: string, line: string) => void

/**
 * Prints lines of several sources to one stream. In JSON a line that is an object itself gets a `source` field,
 * any other becomes `{"source", "line"}`. Sources are padded to `width` columns.
 */
export function logPrinter(stream: Writable, format: LogFormat = 'text', width = 8): LogSink {
  if (format === 'text') return (source, line) => stream.write(`${source.padEnd(width)} | ${line}\n`)
  return (source, line) => stream.write(`${JSON.stringify({ source, ...asObject(line) })}\n`)
}

function asObject(line: string): object {
  if (line.startsWith('{')) {
    try {
      return JSON.parse(line) as object
    } catch {
      // Not JSON after all: it is printed as text below.
    }
  }
  return { line }
}

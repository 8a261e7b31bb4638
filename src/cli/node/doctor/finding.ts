/** `fail`: the node does not run, or not for long. `warn`: it runs, and something will hurt. */
export type Level = 'ok' | 'warn' | 'fail'

/** One finding of `wadi doctor`. */
export interface Finding {
  readonly check: string
  readonly level: Level
  /** What was found, and why it matters. */
  readonly detail: string
  /** What to do; absent when all is well. */
  readonly fix?: string
}

export function good(check: string, detail: string): Finding {
  return { check, level: 'ok', detail }
}

export function warn(check: string, detail: string, fix: string): Finding {
  return { check, level: 'warn', detail, fix }
}

export function bad(check: string, detail: string, fix: string): Finding {
  return { check, level: 'fail', detail, fix }
}

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}

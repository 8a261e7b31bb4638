import { type Command, InvalidArgumentError, Option } from 'commander'
import type { NodeOptions } from './options.ts'

/** How long to wait for a transaction. */
export interface WaitingOptions extends NodeOptions {
  /** Milliseconds. */
  readonly timeout: number
}

const DEFAULT_MS = 60_000
const MAX_MS = 24 * 3_600_000
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Adds `--timeout`. */
export function addWaiting(command: Command): Command {
  return command.addOption(
    new Option('--timeout <duration>', 'how long to wait, as 500ms, 30s or 5m; then the exit code is 6')
      .argParser(durationMs)
      .default(DEFAULT_MS, '60s'),
  )
}

/** `30s`, `500ms`, `5m` → milliseconds. Throws commander's `InvalidArgumentError`. */
function durationMs(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? []
  const ms = Math.round(Number(number) * (UNITS[unit] ?? 0))
  if (ms >= 1 && ms <= MAX_MS) return ms
  throw new InvalidArgumentError(
    `${JSON.stringify(text)} is no time from 1ms to 24h: write for instance 30s.`,
  )
}

import { UsageError } from './errors.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const MAX_BLOCK_TIME_MS = 3_600_000

/** `200ms`, `1.5s`, `10m`, `24h`, `7d` → whole milliseconds, 1 to `max`; `flag` is what an error names. */
export function parseDuration(text: string, flag: string, max: number): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text)
  const ms = match === null ? Number.NaN : Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0)
  if (Number.isInteger(ms) && ms >= 1 && ms <= max) return ms
  throw new UsageError(
    `${flag} ${text} is not a duration that can be used here\n` +
      `  - write for instance 200ms, 1s or 10m, at most ${max / 3_600_000}h`,
  )
}

/** The time between blocks, in milliseconds. */
export const parseBlockTime = (text: string): number => parseDuration(text, '--block-time', MAX_BLOCK_TIME_MS)

import type { AppLog } from './app-server.ts'
import type { LogFormat, LogSink } from './log-lines.ts'

/** From silence to everything. Warnings have no level of their own at CometBFT: whoever sees errors sees them. */
const RANKS = { none: 0, error: 1, info: 2, debug: 3 } as const
type Rank = keyof typeof RANKS

const DEFAULT_RANK: Rank = 'info'

/** Longest text of one field; the rest of a longer one is cut. */
const MAX_FIELD = 8_192

export interface AppLogOptions {
  readonly format: LogFormat
  /** As CometBFT takes it: a level for all, or one for a module each, as `p2p:none,store:info,*:error`. */
  readonly levels: string
  /** For tests. */
  readonly now?: () => Date
}

/**
 * The application's log: one line each, whatever an error text holds, and only what the levels let through. In JSON
 * with `ts`, `level`, `module` and `message` first, which CometBFT's lines have as well (its message is `_msg`).
 */
export function appLog(sink: LogSink, { format, levels, now = () => new Date() }: AppLogOptions): AppLog {
  const rankOf = readLevels(levels)
  return (level, message, { module = 'app', ...fields } = {}) => {
    const needed = level === 'info' ? RANKS.info : RANKS.error
    if (rankOf(String(module)) < needed) return
    const values = Object.entries(fields).map(([key, value]) => [key, readable(value)] as const)
    if (format === 'json') {
      const head = { ts: now().toISOString(), level, module, message: cut(message) }
      sink('app', JSON.stringify({ ...head, ...Object.fromEntries(values) }))
    } else {
      const mark = level === 'info' ? '' : `${level.toUpperCase()} `
      const pairs = values.map(([key, value]) => ` ${key}=${inText(value)}`).join('')
      sink('app', `${mark}${module}: ${oneLine(cut(message))}${pairs}`)
    }
  }
}

function readLevels(levels: string): (module: string) => number {
  const ranks = new Map<string, number>()
  for (const rule of levels.split(',')) {
    const [module, rank] = rule.includes(':') ? rule.split(':', 2) : ['*', rule]
    ranks.set(module as string, RANKS[rank as Rank] ?? RANKS[DEFAULT_RANK])
  }
  const others = ranks.get('*') ?? RANKS[DEFAULT_RANK]
  return (module) => ranks.get(module) ?? others
}

function readable(value: unknown): unknown {
  if (value instanceof Error) return cut(value.stack ?? value.message)
  if (typeof value === 'bigint') return value.toString()
  return typeof value === 'string' ? cut(value) : value
}

const cut = (text: string): string => (text.length > MAX_FIELD ? `${text.slice(0, MAX_FIELD)}…` : text)

function inText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value)
}

const oneLine = (text: string): string => text.replaceAll('\r', '').replaceAll('\n', '\\n')

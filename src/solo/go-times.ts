/** What Go's `time.Parse` says of texts that are no times. */

/** Parts of the layout, in order: their text in Go's layouts, and the range of a number. */
type Part = readonly [layout: string, name?: string, least?: number, most?: number]

const DATE: readonly Part[] = [
  ['2006'],
  ['-'],
  ['01', 'month', 1, 12],
  ['-'],
  // The days of the month are counted when all is read.
  ['02'],
]
const CLOCK: readonly Part[] = [
  ['T'],
  ['15', 'hour', 0, 23],
  [':'],
  ['04', 'minute', 0, 59],
  [':'],
  ['05', 'second', 0, 59],
]
const ZONE = 'Z07:00'

/** `2026-01-02`; undefined where it is a day. */
export function goDateError(text: string): string | undefined {
  return problemOf(text, DATE, '')
}

/** RFC 3339 as `2026-01-02T03:04:05Z`; undefined where it is a time. */
export function goTimeError(text: string): string | undefined {
  return problemOf(text, [...DATE, ...CLOCK], ZONE)
}

function problemOf(text: string, parts: readonly Part[], zone: string): string | undefined {
  const layout = parts.map(([each]) => each).join('') + zone
  const head = `parsing time "${text}"`
  const cannot = (rest: string, part: string) => `${head} as "${layout}": cannot parse "${rest}" as "${part}"`
  let rest = text
  for (const [part, name, least = 0, most = 99] of parts) {
    const found = rest.slice(0, part.length)
    const fits = /^\d/.test(part) ? new RegExp(`^\\d{${part.length}}$`).test(found) : found === part
    if (!fits) return cannot(rest, part)
    if (name !== undefined && (Number(found) < least || Number(found) > most))
      return `${head}: ${name} out of range`
    rest = rest.slice(part.length)
  }
  if (zone !== '') {
    const match = /^(?:Z|[+-]\d\d:\d\d)/.exec(rest)
    if (match === null) return cannot(rest, zone)
    rest = rest.slice(match[0].length)
  }
  if (rest !== '') return `${head}: extra text: "${rest}"`
  const [year, month, day] = [text.slice(0, 4), text.slice(5, 7), Number(text.slice(8, 10))]
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  return day < 1 || day > last ? `${head}: day out of range` : undefined
}

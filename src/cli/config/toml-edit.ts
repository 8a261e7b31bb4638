import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'smol-toml'

/** What one key of a TOML file may hold here. */
export type TomlValue = string | number | boolean | readonly string[]

/** A text that cannot be changed key by key. */
export class TomlEditError extends Error {
  override readonly name = 'TomlEditError'
}

/** One `key = value` of a text: lines `from` up to, not including, `to`. */
interface Entry {
  readonly path: readonly string[]
  readonly from: number
  readonly to: number
}

interface Outline {
  readonly entries: readonly Entry[]
  /** Sections in their order; the first is the root, before any header. */
  readonly sections: readonly { readonly path: readonly string[]; readonly line: number }[]
}

/** The text with one key set; comments, order and everything else stay. Throws {@link TomlEditError}. */
export function setInToml(text: string, path: readonly string[], value: TomlValue): string {
  const lines = text.split('\n')
  const { entries, sections } = outline(lines)
  const found = entries.find((entry) => isDeepStrictEqual(entry.path, path))
  const key = path.at(-1) as string
  const written = stringify({ [key]: value }).trimEnd()
  if (found !== undefined) {
    const comment = found.to === found.from + 1 ? commentOf(lines[found.from] as string) : ''
    lines.splice(found.from, found.to - found.from, written + comment)
    return checked(lines, path, value)
  }
  const section = sections.find((each) => isDeepStrictEqual(each.path, path.slice(0, -1)))
  if (section === undefined) {
    const header = `[${path.slice(0, -1).join('.')}]`
    return checked([...lines.join('\n').trimEnd().split('\n'), '', header, written, ''], path, value)
  }
  const inside = entries.filter(({ path: at }) => isDeepStrictEqual(at.slice(0, -1), section.path))
  lines.splice(inside.at(-1)?.to ?? section.line + 1, 0, written)
  return checked(lines, path, value)
}

/** The text without one key; what it explains above the key stays. */
export function unsetInToml(text: string, path: readonly string[]): string {
  const lines = text.split('\n')
  const found = outline(lines).entries.find((entry) => isDeepStrictEqual(entry.path, path))
  if (found === undefined) return text
  lines.splice(found.from, found.to - found.from)
  return checked(lines, path, undefined)
}

/** The value at a path of keys; undefined where there is none. */
export function tomlAt(table: unknown, path: readonly string[]): unknown {
  let value = table
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

const HEADER = /^\s*\[([^[\]]+)\]\s*(?:#.*)?$/

function outline(lines: readonly string[]): Outline {
  const entries: Entry[] = []
  const sections: { path: readonly string[]; line: number }[] = [{ path: [], line: -1 }]
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string
    if (/^\s*(?:#|$)/.test(line)) continue
    const header = HEADER.exec(line)?.[1]
    const above = (sections.at(-1) as { path: readonly string[] }).path
    if (header !== undefined) {
      sections.push({ path: header.split('.').map((part) => part.trim().replace(/^"(.*)"$/, '$1')), line: i })
      continue
    }
    const to = endOf(lines, i)
    entries.push({ path: [...above, ...keyPath(lines.slice(i, to).join('\n'))], from: i, to })
    i = to - 1
  }
  return { entries, sections }
}

/** A value may go over several lines: it ends where the lines so far are TOML. */
function endOf(lines: readonly string[], from: number): number {
  for (let to = from + 1; to <= lines.length; to++) if (parsed(lines.slice(from, to).join('\n'))) return to
  throw new TomlEditError(`line ${from + 1} is none that this program can change`)
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/** `a.b = 1` → `['a', 'b']`; an inline table is one value. */
function keyPath(text: string): string[] {
  const names = (text.split('=')[0] ?? '').split('.').map((name) => name.trim())
  return names.map((name) => name.replace(/^["'](.*)["']$/, '$1'))
}

/** What stands behind the value of a line, from the blanks before the # on. */
function commentOf(line: string): string {
  const whole = parsed(line)
  for (let at = line.indexOf('#'); at >= 0; at = line.indexOf('#', at + 1)) {
    if (isDeepStrictEqual(parsed(line.slice(0, at)), whole))
      return line.slice(line.slice(0, at).trimEnd().length)
  }
  return ''
}

/** Nothing is written that does not read back. */
function checked(lines: readonly string[], path: readonly string[], value: TomlValue | undefined): string {
  const text = lines.join('\n')
  if (isDeepStrictEqual(tomlAt(parsed(text), path), value)) return text
  throw new TomlEditError(`${path.join('.')} stands in a form that this program cannot change`)
}

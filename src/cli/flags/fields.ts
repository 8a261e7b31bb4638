import type { DescField, DescMessage } from '#lib/reflect.ts'
import { type FlagKind, flagKind } from './values.ts'

/** A flag that a field of a message has on the command line. */
export interface FieldFlag {
  /** Without dashes: `data-use.train`. */
  readonly flag: string
  /** Names of the fields on the way: `['data_use', 'train']`. */
  readonly path: readonly string[]
  readonly field: DescField
  readonly kind: FlagKind
  /** May stand several times. */
  readonly repeated: boolean
  /** A whole message in JSON, whose parts have flags of their own. */
  readonly whole: boolean
}

/** Messages within messages have flags down to here; deeper parts are written in JSON. */
const MAX_DEPTH = 3

/** The flags of a message: one a field; nested messages one a part, joined with dots, and one for the whole in JSON. */
export function fieldFlags(message: DescMessage): FieldFlag[] {
  return flagsOf(message, [], [])
}

function flagsOf(message: DescMessage, path: readonly string[], above: readonly DescMessage[]): FieldFlag[] {
  return message.fields.flatMap((field) => {
    const here = [...path, field.name]
    const kind = flagKind(field)
    const own = { flag: flagName(here), path: here, field, kind, repeated: field.fieldKind === 'list' }
    if (kind !== 'message' || field.fieldKind !== 'message' || above.includes(field.message)) {
      return [{ ...own, whole: false }]
    }
    if (path.length + 1 >= MAX_DEPTH) return [{ ...own, whole: false }]
    return [{ ...own, whole: true }, ...flagsOf(field.message, here, [...above, message])]
  })
}

/** `['data_use', 'train']` → `data-use.train`. */
export function flagName(path: readonly string[]): string {
  return path.map((name) => name.replaceAll('_', '-').toLowerCase()).join('.')
}

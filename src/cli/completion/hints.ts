import type { Argument, Option } from 'commander'

/** What may stand in the place of a value. */
export type Hint =
  | { readonly kind: 'keys' | 'files' | 'folders' | 'nothing' }
  | { readonly kind: 'choices'; readonly values: readonly string[] }

const given = new WeakMap<Argument | Option, Hint>()

/** Says what may stand for an argument or option whose name does not. */
export function giveHint(target: Argument | Option, hint: Hint): void {
  given.set(target, hint)
}

/** What may stand for an argument or the value of an option: its choices, or what its placeholder is called. */
export function hintOf(target: Argument | Option): Hint {
  const known = given.get(target)
  if (known !== undefined) return known
  if (target.argChoices !== undefined) return { kind: 'choices', values: target.argChoices }
  const name = 'flags' in target ? placeholderOf(target.flags) : target.name()
  // Bytes are written in several ways, none of which is a word.
  if (name.includes('|') && !name.includes('@')) return { kind: 'choices', values: name.split('|') }
  return { kind: kinds[name] ?? 'nothing' }
}

const placeholderOf = (flags: string): string => /[<[]([^<>[\]]+?)(?:\.\.\.)?[>\]]/.exec(flags)?.[1] ?? ''

const kinds: Readonly<Record<string, 'keys' | 'files' | 'folders'>> = {
  file: 'files',
  path: 'files',
  signature: 'files',
  'file-or-hex': 'files',
  folder: 'folders',
  key: 'keys',
  keys: 'keys',
  name: 'keys',
  address: 'keys',
}

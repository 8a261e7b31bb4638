import { signerFields } from '#lib/reflect.ts'
import { conveniences } from './conveniences.ts'
import type { MethodCommand } from './derived.ts'
import { type FieldFlag, flagName } from './flags/fields.ts'
import { RequestFlags } from './flags/request.ts'
import { enumNames } from './flags/values.ts'

/** Flags that an example shows at most where its command has no arguments. */
const MAX_FLAGS = 3

/** A command line of a method: the one that is written down for it, else made from its arguments and fields. */
export function exampleOf(kind: 'tx' | 'query', method: MethodCommand): string {
  const { module, service, definition, descriptor, name, args } = method
  const known = conveniences[`${service.fullName}.${definition.name}`]?.example
  const words = ['wadi', kind, module, name]
  if (known !== undefined) return [...words, known].join(' ')
  const { flags } = new RequestFlags(descriptor.input, args)
  const sample = samples()
  const of = (path: string) => flags.find((each) => each.path.join('.') === path) as FieldFlag
  for (const arg of args) words.push(sample(of(arg)))
  if (args.length === 0) words.push(...shownFlags(method, flags, sample))
  if (kind === 'tx' && !args.some((arg) => signerFields(descriptor.input).includes(arg)))
    words.push('--from dev0')
  return words.join(' ')
}

function shownFlags({ descriptor }: MethodCommand, flags: readonly FieldFlag[], sample: Sample): string[] {
  const signers = signerFields(descriptor.input)
  const shown = flags.filter(
    ({ path, kind, whole }) => !signers.includes(path[0] ?? '') && !whole && kind !== 'json',
  )
  return shown.slice(0, MAX_FLAGS).map((each) => `--${flagName(each.path)} ${sample(each)}`)
}

type Sample = (flag: FieldFlag) => string

/** Values by kind and name of a field; each address is another account. */
function samples(): Sample {
  let accounts = 0
  return ({ kind, field, repeated, path }) => {
    switch (kind) {
      case 'address':
        return `dev${accounts++}`
      case 'number':
        return '1'
      case 'bool':
        return 'true'
      case 'coin':
        return '5awadi'
      case 'enum':
        return field.enum === undefined ? '1' : (enumNames(field.enum)[0] ?? '1')
      case 'bytes':
        return `0x${'ab'.repeat(32)}`
      case 'text':
        return texts[path.at(-1) ?? ''] ?? (repeated ? 'one' : 'text')
      default:
        return `'{}'`
    }
  }
}

const texts: Readonly<Record<string, string>> = {
  denom: 'awadi',
  hash: 'AB'.repeat(32),
  query: `"tx.height>5"`,
  slug: 'tiny-classifier',
  locators: 'https://example.org/model',
  address_bytes: '0xa12daaf3c2c1505b288353b62cb3b4021c60c344',
}

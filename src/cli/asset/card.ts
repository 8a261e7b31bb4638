import { parse } from 'yaml'
import { clip, ValueError } from '#lib/bytes.ts'

/** A model card whose head cannot be read. */
export class CardError extends ValueError {
  override readonly name = 'CardError'
}

/** What the head of a Hugging Face card says that a registration needs. */
export interface ModelCard {
  /** As the hub spells it: `apache-2.0`, `other`. */
  readonly license: string | undefined
  /** With licence `other`. */
  readonly licenseName: string | undefined
  readonly baseModels: readonly string[]
  /** As `finetune`, `adapter`, `merge`, `quantized`. */
  readonly baseModelRelation: string | undefined
  readonly datasets: readonly string[]
}

const MAX_HEAD = 64 * 1024

/** Reads the YAML between the first two lines of dashes; undefined for a text without. Throws {@link CardError}. */
export function readCard(text: string): ModelCard | undefined {
  const match = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---\s*(?:\r?\n|$)/.exec(text.slice(0, MAX_HEAD))
  if (match === null) return undefined
  let head: unknown
  try {
    head = parse(match[1] ?? '', { maxAliasCount: 0 })
  } catch (error) {
    throw new CardError(`README.md: the card's head is not YAML: ${(error as Error).message.split('\n')[0]}`)
  }
  if (typeof head !== 'object' || head === null || Array.isArray(head)) {
    throw new CardError("README.md: the card's head is not a list of keys and values")
  }
  const fields = head as Readonly<Record<string, unknown>>
  return {
    license: listAt(fields, 'license')[0],
    licenseName: listAt(fields, 'license_name')[0],
    baseModels: listAt(fields, 'base_model'),
    baseModelRelation: listAt(fields, 'base_model_relation')[0],
    datasets: listAt(fields, 'datasets'),
  }
}

function listAt(fields: Readonly<Record<string, unknown>>, key: string): string[] {
  const value = fields[key]
  const items = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
  return items.map((item: unknown) => {
    if (typeof item === 'string') return item
    throw new CardError(`README.md: ${key}: ${clip(String(item))} is not a text`)
  })
}

/** The hub's names of licences whose SPDX spelling is not the same in upper case. */
const SPDX: Readonly<Record<string, string>> = {
  'apache-2.0': 'Apache-2.0',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd-3-clause-clear': 'BSD-3-Clause-Clear',
  'bsl-1.0': 'BSL-1.0',
  'cdla-permissive-2.0': 'CDLA-Permissive-2.0',
  unlicense: 'Unlicense',
  zlib: 'Zlib',
  'ecl-2.0': 'ECL-2.0',
  'artistic-2.0': 'Artistic-2.0',
  'afl-3.0': 'AFL-3.0',
}

const UPPER =
  /^(?:mit|isc|ncsa|wtfpl|cc0-1\.0|cc-by(?:-(?:nc|sa|nd))*-\d\.\d|odc-by-1\.0|(?:osl|ofl|epl|eupl|mpl)-\d\.\d)$/
const GNU = /^(l|a)?gpl-\d\.\d$/

/** The SPDX expression of a licence as the hub names it; undefined where there is none, as for `other`. */
export function spdxOf(license: string): string | undefined {
  const known = SPDX[license]
  if (known !== undefined) return known
  if (license.startsWith('odbl')) return 'ODbL-1.0'
  if (GNU.test(license)) return `${license.toUpperCase()}-only`
  return UPPER.test(license) ? license.toUpperCase() : undefined
}

/** What a child takes from its base model, in the words of the chain. */
export function relationOf(card: ModelCard): string {
  const names: Readonly<Record<string, string>> = {
    finetune: 'RELATION_FINETUNE',
    adapter: 'RELATION_ADAPTER',
    merge: 'RELATION_MERGE',
    quantized: 'RELATION_QUANTIZED',
  }
  const { baseModelRelation: relation } = card
  if (relation !== undefined) {
    const found = names[relation]
    if (found !== undefined) return found
    throw new CardError(
      `README.md: base_model_relation ${clip(relation)} is none of ${Object.keys(names).join(', ')}`,
    )
  }
  return card.baseModels.length > 1 ? 'RELATION_MERGE' : 'RELATION_FINETUNE'
}

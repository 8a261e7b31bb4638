import { ScalarType } from '@bufbuild/protobuf'
import { ADDRESS_PREFIX } from '#lib/address.ts'
import { type DescField, type HttpRule, messageOf } from '#lib/reflect.ts'
import { assert } from '../kernel/errors.ts'
import type { QueryRoute } from './routes.ts'

/** A part of a path: fixed text, or the value of a field; the last may take everything that is left. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly name: string; readonly rest: boolean }

/** One REST path of one route. */
interface RestRoute {
  readonly route: QueryRoute
  readonly rule: HttpRule
  readonly parts: readonly Part[]
}

/** A route that a path leads to, and the fields that stand in the path: `[name, text]`. */
export interface RestMatch {
  readonly route: QueryRoute
  readonly rule: HttpRule
  readonly fields: readonly (readonly [name: string, text: string])[]
}

/** Reads `/cosmos/bank/v1beta1/balances/{address}`, `…/{denom=**}`. */
export function partsOf(path: string): Part[] {
  const parts = path
    .slice(1)
    .split('/')
    .map((part): Part => {
      const name = /^\{([a-z0-9_.]+)(=\*\*|=\*)?\}$/.exec(part)
      if (name === null) return { kind: 'text', text: part }
      return { kind: 'field', name: name[1] as string, rest: name[2] === '=**' }
    })
  const misplaced = parts.findIndex((part, i) => part.kind === 'field' && part.rest && i < parts.length - 1)
  assert(path.startsWith('/') && misplaced < 0, `the path ${path} cannot be served`)
  return parts
}

/** Where a path has come to: what may follow, and the routes that end here. */
class Place {
  readonly texts = new Map<string, Place>()
  field: Place | undefined
  /** Routes whose last field takes all that is left. */
  readonly rest: RestRoute[] = []
  readonly here: RestRoute[] = []

  /** Fixed text goes before a field, a field of one part before one that takes all. */
  find(given: readonly string[], at: number): readonly RestRoute[] | undefined {
    if (at === given.length) return this.here.length === 0 ? undefined : this.here
    const part = given[at] as string
    const found = this.texts.get(part)?.find(given, at + 1)
    if (found !== undefined || part === '') return found
    return this.field?.find(given, at + 1) ?? (this.rest.length === 0 ? undefined : this.rest)
  }

  add(route: RestRoute): void {
    let place: Place = this
    for (const part of route.parts) {
      if (part.kind === 'text') {
        const next = place.texts.get(part.text) ?? new Place()
        place.texts.set(part.text, next)
        place = next
      } else if (part.rest) {
        place.rest.push(route)
        return
      } else {
        place.field ??= new Place()
        place = place.field
      }
    }
    place.here.push(route)
  }
}

/** Leads requests to routes, by verb and path. */
export class RestPaths {
  readonly #byVerb = new Map<string, Place>()

  constructor(routes: Iterable<QueryRoute>) {
    for (const route of routes) {
      for (const rule of route.rules) {
        const verb = rule.verb.toUpperCase()
        const first = this.#byVerb.get(verb) ?? new Place()
        this.#byVerb.set(verb, first)
        first.add({ route, rule, parts: partsOf(rule.path) })
      }
    }
  }

  /** The route of a path whose parts are still percent-encoded; throws URIError for a part that is not. */
  find(verb: string, path: string): RestMatch | undefined {
    if (!path.startsWith('/')) return undefined
    const given = path.slice(1).split('/')
    const fitting = this.#byVerb.get(verb)?.find(given, 0)
    const first = fitting?.[0]
    if (fitting === undefined || first === undefined) return undefined
    const chosen = fitting.length === 1 ? first : (fitting.find((each) => accepts(each, given)) ?? first)
    return { route: chosen.route, rule: chosen.rule, fields: fieldsOf(chosen.parts, given) }
  }
}

function fieldsOf(parts: readonly Part[], given: readonly string[]): [string, string][] {
  const fields: [string, string][] = []
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Part
    if (part.kind === 'text') continue
    const texts = part.rest ? given.slice(i).join('/') : (given[i] as string)
    fields.push([part.name, texts.includes('%') ? decodeURIComponent(texts) : texts])
  }
  return fields
}

/**
 * Two paths may differ in the kind of their field alone, as `/bech32/{address_bytes}` and `/bech32/{address_string}`.
 * Then what looks like an address is one, and goes where a text is due.
 */
function accepts({ route, parts }: RestRoute, given: readonly string[]): boolean {
  return fieldsOf(parts, given).every(([name, text]) => {
    const field = messageOf(route.request.$type).fields.find((each) => each.name === name)
    return field === undefined || isText(field) === text.startsWith(`${ADDRESS_PREFIX}1`)
  })
}

function isText(field: DescField): boolean {
  return field.fieldKind === 'scalar' && field.scalar === ScalarType.STRING
}

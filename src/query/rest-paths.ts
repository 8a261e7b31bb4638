import { ScalarType } from '@bufbuild/protobuf'
import { ADDRESS_PREFIX } from '#lib/address.ts'
import { type DescField, type HttpRule, messageOf } from '#lib/reflect.ts'
import { assert } from '../kernel/errors.ts'
import type { QueryRoute } from './routes.ts'

/** A part of a path: fixed text, or the value of a field; the last may take everything that is left. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly name: string; readonly rest: boolean }

/** One REST path of one route. */
export interface RestRoute {
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
function partsOf(path: string): Part[] {
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

/** Leads requests to routes: by verb and path; fixed text goes before fields. */
export class RestPaths {
  readonly #byVerb = new Map<string, RestRoute[]>()

  constructor(routes: Iterable<QueryRoute>) {
    for (const route of routes) {
      for (const rule of route.rules) {
        const verb = rule.verb.toUpperCase()
        const list = this.#byVerb.get(verb) ?? []
        list.push({ route, rule, parts: partsOf(rule.path) })
        this.#byVerb.set(verb, list)
      }
    }
    for (const list of this.#byVerb.values()) list.sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
  }

  /** The route of a path whose parts are still percent-encoded; throws URIError for a part that is not. */
  find(verb: string, path: string): RestMatch | undefined {
    if (!path.startsWith('/')) return undefined
    const given = path.slice(1).split('/')
    const fitting = (this.#byVerb.get(verb) ?? []).filter(({ parts }) => fits(parts, given))
    const first = fitting[0]
    if (first === undefined) return undefined
    const shape = rank(first)
    const chosen = fitting.find((each) => rank(each) === shape && accepts(each, given)) ?? first
    return { route: chosen.route, rule: chosen.rule, fields: fieldsOf(chosen.parts, given) }
  }
}

/** Paths of equal rank have the same shape: `0` fixed text (which is compared), `1` a field, `2` all that is left. */
function rank({ parts }: RestRoute): string {
  return parts.map((part) => (part.kind === 'text' ? `0${part.text}` : part.rest ? '2' : '1')).join('/')
}

function fits(parts: readonly Part[], given: readonly string[]): boolean {
  const rest = parts.at(-1)
  const open = rest?.kind === 'field' && rest.rest
  if (open ? given.length < parts.length : given.length !== parts.length) return false
  return parts.every((part, i) => (part.kind === 'text' ? given[i] === part.text : given[i] !== ''))
}

function fieldsOf(parts: readonly Part[], given: readonly string[]): [string, string][] {
  return parts.flatMap((part, i): [string, string][] => {
    if (part.kind === 'text') return []
    const texts = part.rest ? given.slice(i) : given.slice(i, i + 1)
    return [[part.name, texts.map(decodeURIComponent).join('/')]]
  })
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

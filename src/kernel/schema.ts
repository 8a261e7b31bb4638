import type { Collection, CollectionInfo } from './collections.ts'
import { assert } from './errors.ts'

/** Opens what a module's state is made of; not part of the façade. */
export const SCHEMA = Symbol('schema')

/** A module's store: its number in this program, its name in the commitment, and its collections. */
export interface SchemaInfo {
  readonly id: number
  readonly name: string
  readonly collections: Readonly<Record<string, Collection>>
}

export type State<F = Readonly<Record<string, Collection>>> = F & { readonly [SCHEMA]: SchemaInfo }

let nextId = 0

/**
 * Declares a module's state: a field is a collection, its number the first byte of its keys, for ever.
 * Two equal numbers stop the program at import. The names of a chain's schemas are checked by the chain.
 */
export function schema<F extends Readonly<Record<string, Collection>>>(name: string, fields: F): State<F> {
  const taken = new Map<number, string>()
  const id = nextId++
  for (const [field, collection] of Object.entries(fields)) {
    for (const { prefix } of collection.parts()) {
      const other = taken.get(prefix)
      assert(other === undefined, `${name}.${field}: prefix ${prefix} already belongs to ${name}.${other}`)
      taken.set(prefix, field)
    }
    collection.bind(id, name)
  }
  return Object.freeze({ ...fields, [SCHEMA]: { id, name, collections: fields } })
}

/** One row of a module's State table. */
export interface StateRow extends CollectionInfo {
  readonly field: string
}

/** What a module keeps, by prefix: documentation is made from it. */
export function describeState(state: State): StateRow[] {
  const rows: StateRow[] = []
  for (const [field, collection] of Object.entries(state[SCHEMA].collections)) {
    for (const info of collection.parts()) rows.push({ field, ...info })
  }
  return rows.sort((a, b) => a.prefix - b.prefix)
}

import { storeProof } from '../../src/store/proofs.ts'
import { simpleRoot } from '../../src/store/simple-merkle.ts'
import type { VectorResult } from './iavl.ts'

/** App hashes over named store roots, and per store its proof. Bytes are hex, but names are text. */
export interface MultistoreVectors {
  readonly cases: readonly {
    readonly app_hash: string
    readonly stores: readonly { readonly name: string; readonly root: string }[] | null
    readonly proofs:
      | readonly {
          readonly store: string
          readonly type: string
          readonly key: string
          readonly data: string
        }[]
      | null
  }[]
}

/** Compares every app hash and every store's proof. */
export function checkMultistore(json: unknown, file: string): VectorResult {
  let checks = 0
  for (const [index, { app_hash, stores, proofs }] of (json as MultistoreVectors).cases.entries()) {
    const roots = (stores ?? []).map(({ name, root }) => ({
      name,
      root: Buffer.from(root, 'hex').toString('latin1'),
    }))
    const comparisons: [string, string, string][] = [
      ['app hash', Buffer.from(simpleRoot(roots), 'latin1').toString('hex'), app_hash],
    ]
    for (const { store, type, key, data } of proofs ?? []) {
      comparisons.push([`proof type of ${store}`, 'ics23:simple', type])
      comparisons.push([`proof key of ${store}`, Buffer.from(store, 'utf8').toString('hex'), key])
      comparisons.push([`proof of ${store}`, Buffer.from(storeProof(roots, store)).toString('hex'), data])
    }
    for (const [what, got, wanted] of comparisons) {
      checks++
      if (got !== wanted)
        return { checks, difference: `${file}: case ${index}: ${what} is ${got}, not ${wanted}` }
    }
  }
  return { checks }
}

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkIavl } from '../../test/vectors/iavl.ts'
import { checkMultistore } from '../../test/vectors/multistore.ts'

// Root, size, height of every version and every proof in the file, as the Go implementation wrote them.
const trees = [
  ['iavl-inserts.json', 12 * 3 + 16],
  ['iavl-churn.json', 40 * 3 + 56],
  ['iavl-drain.json', 30 * 3 + 24],
  ['iavl-initial-version.json', 10 * 3 + 16],
  ['iavl-wide.json', 8 * 3 + 11],
] as const

test.each(trees)('roots, sizes, heights and proofs of %s equal the Go implementation', (file, checks) => {
  expect(checkIavl(load(file), file)).toEqual({ checks })
})

test('app hashes and store proofs equal the Go implementation', () => {
  // 13 app hashes over 0…12 stores, and three values for each of the 78 stores.
  expect(checkMultistore(load('multistore.json'), 'multistore.json')).toEqual({ checks: 13 + 3 * 78 })
})

test('a changed vector is noticed and named', () => {
  const vectors = load('iavl-inserts.json') as { versions: { root: string }[] }
  const third = vectors.versions[2] as { root: string }
  third.root = third.root.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))

  expect(checkIavl(vectors, 'changed.json').difference).toMatch(/^changed\.json: version 3: root is /)
})

function load(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../test/vectors/${file}`, import.meta.url), 'utf8'))
}

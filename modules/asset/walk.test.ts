import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sealPageKey } from '#kernel'
import { fromByteString, toByteString } from '#lib/bytes.ts'
import { account, assetFields, digestOf, Registry, refusal } from '../../test/support/registry.ts'
import { Heap } from './heap.ts'

interface Node {
  readonly seq: bigint
  readonly distance: number
}

let registry: Registry
const PAGE = 'asset/35 invalid page request'

/** Genesis with one asset whose version i + 1 has the parents listed at i, as indexes of earlier ones. */
function graph(parents: readonly (readonly number[])[]) {
  const depths: number[] = []
  for (const over of parents) depths.push(over.reduce((most, p) => Math.max(most, (depths[p] ?? 0) + 1), 0))
  const versions = parents.map((over, i) => ({
    ...{ seq: BigInt(i + 1), assetId: 1n, version: i + 1, status: 2, derivatives: 1, depth: depths[i] },
    content: { scheme: 1, rootDigest: digestOf(`graph ${i}`), sizeBytes: 1n, fileCount: 1 },
    parentCount: over.length,
    priority: { height: 1n, index: BigInt(i + 1) },
  }))
  const links = parents.flatMap((over, i) =>
    over.map((p) => ({ childSeq: BigInt(i + 1), parentSeq: BigInt(p + 1), relation: 1 })),
  )
  const first = { id: 1n, creator: account('alice'), status: 2, latestVersion: parents.length }
  const assets = [{ ...assetFields('alice', 'graph'), ...first }]
  return { assets, versions, links }
}

/** By the book: breadth first from the edges alone. */
function oracle(
  parents: readonly (readonly number[])[],
  start: number,
  up: boolean,
  maxDistance: number,
): Node[] {
  const next = (at: number): number[] =>
    up ? [...(parents[at] ?? [])] : parents.flatMap((over, i) => (over.includes(at) ? [i] : []))
  const distance = new Map<number, number>()
  let ring = [start]
  for (let d = 1; ring.length > 0 && (maxDistance === 0 || d <= maxDistance); d++) {
    ring = [...new Set(ring.flatMap(next))].filter((node) => !distance.has(node))
    for (const node of ring) distance.set(node, d)
  }
  const nodes = [...distance].map(([node, d]) => ({ seq: BigInt(node + 1), distance: d }))
  return nodes.sort((a, b) => (a.seq < b.seq === up ? 1 : -1))
}

function walk(
  method: 'Ancestors' | 'Descendants',
  version: number,
  limit: number,
  maxDistance = 0,
): Node[][] {
  const pages: Node[][] = []
  let key = new Uint8Array()
  do {
    const request = { assetId: 1n, version, maxDistance, pagination: { key, limit: BigInt(limit) } }
    const answer = registry.query(method, request)
    const rows = answer[method.toLowerCase()] as Node[]
    pages.push(rows.map(({ seq, distance }) => ({ seq, distance })))
    key = answer.pagination.nextKey
  } while (key.length > 0)
  return pages
}

/** A key that nobody was given, but with the right check. */
const forged = (place: string, list = 'ancestors of 2 within 0'): Uint8Array =>
  fromByteString(sealPageKey(list, place))

/** Parents of node i, drawn from the nodes before it. */
const anyGraph = fc
  .array(fc.array(fc.nat(1_000), { maxLength: 4 }), { minLength: 1, maxLength: 40 })
  .map((rows) => rows.map((row, i) => (i === 0 ? [] : [...new Set(row.map((p) => p % i))])))

describe('a walk', () => {
  test('through any graph agrees with a naive search, in pages of any size', () => {
    fc.assert(
      fc.property(
        anyGraph,
        fc.nat(39),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(4),
        (parents, at, limit, most) => {
          registry = new Registry({ genesis: graph(parents) })
          const start = at % parents.length
          for (const [method, up] of [
            ['Ancestors', true],
            ['Descendants', false],
          ] as const) {
            const pages = walk(method, start + 1, limit, most)
            expect(pages.flat()).toEqual(oracle(parents, start, up, most))
            for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('meets a version once, with its least distance, however many ways lead there', () => {
    // A ladder two wide: 2^20 paths from the top to the bottom.
    const parents = Array.from({ length: 40 }, (_, i) =>
      i < 2 ? [] : i % 2 === 0 ? [i - 2, i - 1] : [i - 3, i - 2],
    )
    registry = new Registry({ genesis: graph(parents) })
    const nodes = walk('Ancestors', 40, 100).flat()
    expect(nodes).toHaveLength(38)
    expect(nodes.at(-1)).toEqual({ seq: 1n, distance: 19 })
  })

  test('goes on where more than 256 versions are open, with a key that still fits a URL', () => {
    // 300 versions derived from one, and one derived from each of these.
    const parents = [
      [],
      ...Array.from({ length: 300 }, () => [0]),
      ...Array.from({ length: 300 }, (_, i) => [i + 1]),
    ]
    registry = new Registry({ genesis: graph(parents) })
    const request = { assetId: 1n, version: 1, pagination: { limit: 299n } }
    expect(registry.query('Descendants', request).pagination.nextKey.length).toBe(8 + 8)
    expect(walk('Descendants', 1, 299).flat()).toEqual(oracle(parents, 0, false, 0))
    expect(
      registry.query('Descendants', { ...request, pagination: { limit: 500n } }).pagination.nextKey.length,
    ).toBe(8 + 8 + 12 * 100)
  })

  test('reads no more for a page far along a line than for the first', () => {
    const parents = Array.from({ length: 3_000 }, (_, i) => (i === 0 ? [] : [i - 1]))
    registry = new Registry({ genesis: graph(parents) })
    const gasOf = (version: number) =>
      registry.gasOf('Ancestors', { assetId: 1n, version, pagination: { limit: 10n } })
    const first = registry.query('Ancestors', { assetId: 1n, version: 3_000, pagination: { limit: 1_000n } })
    const resumed = registry.gasOf('Ancestors', {
      assetId: 1n,
      version: 3_000,
      pagination: { key: first.pagination.nextKey, limit: 10n },
    })
    expect(Math.abs(resumed - gasOf(2_000))).toBeLessThan(500)
  })

  test('of the first page holds 100 unless more are asked for, 1,000 at most', () => {
    const parents = Array.from({ length: 1_500 }, (_, i) => (i === 0 ? [] : [i - 1]))
    registry = new Registry({ genesis: graph(parents) })
    const rows = (pagination?: object) =>
      registry.query('Ancestors', { assetId: 1n, version: 1_500, pagination }).ancestors.length
    expect([rows(), rows({}), rows({ limit: 1_000n })]).toEqual([100, 100, 1_000])
    expect(refusal(() => rows({ limit: 1_001n }))).toBe(PAGE)
  })

  test.each([
    ['an offset', { offset: 1n }],
    ['a count', { countTotal: true }],
    ['reverse', { reverse: true }],
    ['a key of 7 bytes', { key: new Uint8Array(7) }],
    ['a key of 16 bytes that no page ended with', { key: new Uint8Array(16) }],
    ['a forged key of 21 bytes', { key: forged('\0'.repeat(21)) }],
    ['a forged key of 2^64 - 1', { key: forged('\xff'.repeat(8)) }],
    ['a forged key of 257 sources', { key: forged('\0'.repeat(8 + 257 * 12)) }],
    ['a key of a walk from another version', { key: forged('\0'.repeat(8), 'ancestors of 1 within 0') }],
    ['a key of the other direction', { key: forged('\0'.repeat(8), 'descendants of 2 within 0') }],
    ['a key of another distance', { key: forged('\0'.repeat(8), 'ancestors of 2 within 1') }],
  ])('with %s is refused', (_, pagination) => {
    registry = new Registry({ genesis: graph([[], [0]]) })
    expect(refusal(() => registry.query('Ancestors', { assetId: 1n, version: 2, pagination }))).toBe(PAGE)
  })

  test('with a forged key ends, and answers with versions that exist', () => {
    registry = new Registry({ genesis: graph([[], [0], [1]]) })
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8 + 24, maxLength: 8 + 24 }), (place) => {
        const key = forged(toByteString(place), 'descendants of 1 within 0')
        const answer = registry.query('Descendants', { assetId: 1n, version: 1, pagination: { key } })
        expect(answer.descendants.length).toBeLessThanOrEqual(3)
      }),
    )
  })
})

describe('a heap', () => {
  test('gives back what was put in, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = new Heap<number>((a, b) => a < b)
        for (const number of numbers) heap.push(number)
        const out: number[] = []
        for (let at = heap.pop(); at !== undefined; at = heap.pop()) out.push(at)
        expect(out).toEqual([...numbers].sort((a, b) => a - b))
      }),
    )
  })
})

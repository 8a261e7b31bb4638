import { beforeEach, describe, expect, test } from 'vitest'
import { MsgUpdateParams } from '#gen/wadi/asset/v1/tx.ts'
import { account, digestOf, Registry, refusal } from '../../test/support/registry.ts'

let registry: Registry
const PAGE = 'asset/35 invalid page request'

describe('queries', () => {
  beforeEach(() => {
    registry = new Registry()
  })

  test('find an asset by number, slug, creator, controller and kind', () => {
    const model = registry.confirmed('alice', 'model')
    const data = registry.confirmed('alice', 'data', { kind: 2 })
    const ids = (answer: { assets: { id: bigint }[] }) => answer.assets.map(({ id }) => id)
    expect(registry.query('AssetBySlug', { creator: account('alice'), slug: 'data' }).asset.id).toBe(data)
    expect(ids(registry.query('AssetsByCreator', { creator: account('alice') }))).toEqual([model, data])
    expect(ids(registry.query('AssetsByController', { controller: account('bob') }))).toEqual([])
    expect(ids(registry.query('AssetsByKind', { kind: 2 }))).toEqual([data])
    expect(ids(registry.query('Assets', { pagination: { limit: 1n, reverse: true } }))).toEqual([data])
  })

  test('page through the versions of one asset and of no other', () => {
    const assetId = registry.confirmed('alice', 'model')
    const other = registry.confirmed('bob', 'other')
    for (const text of ['v2', 'v3']) registry.registerVersion('alice', assetId, text)
    const first = registry.query('Versions', { assetId, pagination: { limit: 2n } })
    const rest = registry.query('Versions', { assetId, pagination: { key: first.pagination.nextKey } })
    const numbers = [first, rest].map(({ versions }) => versions.map((v: { version: number }) => v.version))
    expect(numbers).toEqual([[1, 2], [3]])
    expect(registry.query('Versions', { assetId: other }).versions).toHaveLength(1)
  })

  test('find a version by seq and by digest, with its asset and parents', () => {
    const base = registry.confirmed('alice', 'base')
    const child = registry.confirmed('alice', 'child', {
      parents: [{ assetId: base, version: 1, relation: 4 }],
    })
    expect(registry.query('VersionBySeq', { seq: 2n }).version.assetId).toBe(child)
    const rootDigest = [...digestOf('child')].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    for (const spelling of [rootDigest, rootDigest.toUpperCase()]) {
      const found = registry.query('VersionByDigest', { rootDigest: spelling })
      expect([found.asset.id, found.version.seq, found.parents[0].relation]).toEqual([child, 2n, 4])
    }
  })

  test('list parents and children from both ends of a link', () => {
    const base = registry.confirmed('alice', 'base')
    const parents = [{ assetId: base, version: 1, relation: 3 }]
    const children = ['a', 'b', 'c'].map((slug) => registry.confirmed('alice', slug, { parents }))
    const of = (method: string, assetId: bigint) => registry.query(method, { assetId, version: 1 })
    const rows = of('Children', base).children as {
      assetId: bigint
      relation: number
      linkedHeight: bigint
    }[]
    expect(rows.map(({ assetId }) => assetId)).toEqual(children)
    expect(rows[0]).toMatchObject({
      relation: 3,
      linkedHeight: registry.version(children[0] as bigint).registeredHeight,
    })
    expect(of('Parents', children[1] as bigint).parents).toMatchObject([
      { assetId: base, relation: 3, version: 1 },
    ])
    expect(of('Parents', base).parents).toEqual([])
  })

  test('list what can still be contested, soonest to end first', () => {
    registry.commit('alice', 'early')
    registry.endBlock(5)
    registry.register('bob', 'late')
    registry.register('alice', 'early', { claimSalt: saltOfText('early') })
    const ends = registry
      .query('ProvisionalVersions', {})
      .versions.map((v: { activeHeight: bigint }) => v.activeHeight)
    expect(ends).toEqual([21n, 26n])
    registry.endBlock(20)
    expect(registry.query('ProvisionalVersions', {}).versions).toHaveLength(1)
    registry.endBlock()
    expect(registry.query('ProvisionalVersions', {}).versions).toEqual([])
  })

  test('show commitments until they are revealed', () => {
    registry.commit('alice', 'model')
    registry.commit('bob', 'other')
    const { commitments } = registry.query('Commitments', { owner: account('alice') })
    expect(commitments).toHaveLength(1)
    const commitment = [...(commitments[0].commitment as Uint8Array)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
    const one = registry.query('Commitment', { owner: account('alice'), commitment })
    expect(one.commitment).toEqual(commitments[0])
    expect(refusal(() => registry.query('Commitment', { owner: account('bob'), commitment }))).toContain(
      'asset/4',
    )
  })

  test.each([
    ['Asset', { assetId: 1n }, 'asset/2 asset not found'],
    ['AssetBySlug', { creator: account('alice'), slug: 'x' }, 'asset/2 asset not found'],
    ['AssetBySlug', { creator: 'alice', slug: 'x' }, 'asset/6 invalid field'],
    ['AssetsByController', { controller: '' }, 'asset/6 invalid field'],
    ['AssetsByKind', { kind: 0 }, 'asset/6 invalid field'],
    ['Versions', { assetId: 1n }, 'asset/2 asset not found'],
    ['Version', { assetId: 1n, version: 1 }, 'asset/3 version not found'],
    ['VersionBySeq', { seq: 1n }, 'asset/3 version not found'],
    ['VersionByDigest', { rootDigest: '00' }, 'asset/6 invalid field'],
    ['VersionByDigest', { rootDigest: '0'.repeat(64) }, 'asset/3 version not found'],
    ['Children', { assetId: 1n, version: 1 }, 'asset/3 version not found'],
    ['Ancestors', { assetId: 1n, version: 1 }, 'asset/3 version not found'],
    ['Commitments', { owner: 'x' }, 'asset/6 invalid field'],
  ])('%s of %o says what is wrong', (method, request, expected) => {
    expect(refusal(() => registry.query(method, request))).toBe(expected)
  })

  test('follow a walk_page that was lowered', () => {
    const params = { ...registry.params, walkPage: 3 }
    registry.run(MsgUpdateParams, { authority: registry.authority, params })
    const base = registry.confirmed('alice', 'base')
    const parents = [{ assetId: base, version: 1, relation: 1 }]
    for (const slug of ['a', 'b', 'c', 'd']) registry.register('alice', slug, { parents })
    expect(registry.query('Descendants', { assetId: base, version: 1 }).descendants).toHaveLength(3)
    const more = { assetId: base, version: 1, pagination: { limit: 4n } }
    expect(refusal(() => registry.query('Descendants', more))).toBe(PAGE)
  })
})

const saltOfText = (text: string) => digestOf(`salt ${text}`)

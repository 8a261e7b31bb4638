import { beforeEach, describe, expect, test } from 'vitest'
import { MsgRegisterAsset } from '#gen/wadi/asset/v1/tx.ts'
import { AssetKind, DigestScheme } from '#gen/wadi/asset/v1/types.ts'

import { account, assetFields, digestOf, FUNDS, Registry, refusal } from '../../test/support/registry.ts'
import { afterRegister, beforeRegister } from './api.ts'
import { err } from './errors.ts'

const FIELD = 'asset/6 invalid field'
const content = (more: object = {}) => ({
  content: { scheme: 1, rootDigest: digestOf('model'), sizeBytes: 1n, fileCount: 1, ...more },
})

let registry: Registry
const tryTo = (fields: object) => refusal(() => registry.register('alice', 'model', fields))

beforeEach(() => {
  registry = new Registry()
})

describe('registering', () => {
  test('stores what was said, and tells of it', () => {
    const metadata = { mediaType: 'text/markdown', digest: digestOf('card') }
    const locators = ['https://example.org/m', 'hf://org/m@main', 'ipfs://bafy', 'oci://r.io/m:1']
    const provenanceDigest = digestOf('statement')
    const { assetId } = registry.register('alice', 'model', { metadata, locators, provenanceDigest })
    const { asset } = registry.query('Asset', { assetId })
    expect(asset).toMatchObject({
      id: 1n,
      slug: 'model',
      creator: account('alice'),
      metadata,
      latestVersion: 1,
    })
    expect(registry.version(assetId)).toMatchObject({ seq: 1n, locators, provenanceDigest, depth: 0 })
    expect(registry.takeEvents()).toEqual(['EventAssetRegistered', 'EventVersionRegistered'])
    registry.endBlock(21)
    expect(registry.takeEvents()).toEqual(['EventVersionActivated'])
  })

  test('costs by the byte: 100 bytes more are 100 byte fees more', () => {
    const bytes = (fields: object) =>
      MsgRegisterAsset.encode(MsgRegisterAsset.fromPartial(fields)).finish().length
    registry.register('alice', 'a', { locators: ['ipfs://a'] })
    registry.register('bob', 'a', { locators: [`ipfs://a${'b'.repeat(100)}`], ...content() })
    const [alices, bobs] = [
      FUNDS - registry.balance(account('alice')),
      FUNDS - registry.balance(account('bob')),
    ]
    const longer =
      bytes(assetFields('bob', 'a', { locators: [`ipfs://a${'b'.repeat(100)}`], ...content() })) -
      bytes(assetFields('alice', 'a', { locators: ['ipfs://a'] }))
    expect(bobs - alices).toBe(10n ** 13n * BigInt(longer))
    expect(alices).toBeGreaterThan(10n ** 16n)
  })

  test.each(['a', '0', 'a-', 'model-7b', 'x'.repeat(64)])('takes the slug %s', (slug) => {
    expect(refusal(() => registry.register('alice', slug))).toBe('accepted')
  })

  test.each(['', '-a', 'A', 'ä', 'a_b', 'a b', 'a\n', 'x'.repeat(65)])('refuses the slug %j', (slug) => {
    expect(refusal(() => registry.register('alice', slug))).toBe(FIELD)
  })

  test('refuses a second asset of one name to one creator, not to another', () => {
    registry.register('alice', 'model')
    expect(tryTo(content({ rootDigest: digestOf('other') }))).toBe('asset/7 slug taken')
    expect(refusal(() => registry.register('bob', 'model', content({ rootDigest: digestOf('other') })))).toBe(
      'accepted',
    )
  })

  test.each(Object.values(AssetKind).filter((kind) => kind !== 0))('takes kind %i', (kind) => {
    expect(tryTo({ kind })).toBe('accepted')
  })

  test.each([
    ['kind 0', { kind: 0 }],
    ['kind 8', { kind: 8 }],
    ['no content', { content: undefined }],
    ['scheme 0', content({ scheme: 0 })],
    ['scheme 5', content({ scheme: 5 })],
    ['a digest of 31 bytes', content({ rootDigest: new Uint8Array(31) })],
    ['a digest of 33 bytes', content({ rootDigest: new Uint8Array(33) })],
    ['no size', content({ sizeBytes: 0n })],
    ['no files', content({ fileCount: 0 })],
    [
      'two files where there is one',
      content({ scheme: DigestScheme.DIGEST_SCHEME_SHA256_FILE, fileCount: 2 }),
    ],
    ['no licence text', { license: undefined }],
    ['an empty expression', { license: { expression: '' } }],
    ['an expression of 257 bytes', { license: { expression: 'a'.repeat(257) } }],
    ['an expression with a comma', { license: { expression: 'MIT, BSD' } }],
    ['a LicenseRef without its text', { license: { expression: 'LicenseRef-acme' } }],
    ['a licence digest of 31 bytes', { license: { expression: 'MIT', textDigest: new Uint8Array(31) } }],
    ['no data use', { dataUse: undefined }],
    ['train unsaid', { dataUse: { train: 0, mine: 1, infer: 1 } }],
    ['mine unsaid', { dataUse: { train: 1, mine: 0, infer: 1 } }],
    ['infer unknown', { dataUse: { train: 1, mine: 1, infer: 4 } }],
    ['derivatives 4', { derivatives: 4 }],
    ['five locators', { locators: ['ipfs://1', 'ipfs://2', 'ipfs://3', 'ipfs://4', 'ipfs://5'] }],
    ['a locator twice', { locators: ['ipfs://1', 'ipfs://1'] }],
    ['a locator of 257 bytes', { locators: [`ipfs://${'a'.repeat(250)}`] }],
    ['a locator in plain http', { locators: ['http://example.org/m'] }],
    ['a locator with a space', { locators: ['https://example.org/a b'] }],
    ['a locator in JavaScript', { locators: ['javascript:alert(1)'] }],
    ['an empty locator', { locators: [''] }],
    ['metadata without a media type', { metadata: { mediaType: '', digest: digestOf('card') } }],
    [
      'a media type of 129 bytes',
      { metadata: { mediaType: `text/${'a'.repeat(124)}`, digest: digestOf('card') } },
    ],
    ['a media type in capitals', { metadata: { mediaType: 'Text/Plain', digest: digestOf('card') } }],
    ['metadata without a digest', { metadata: { mediaType: 'text/plain' } }],
    ['a provenance digest of 1 byte', { provenanceDigest: new Uint8Array(1) }],
    ['a salt of 31 bytes', { claimSalt: new Uint8Array(31) }],
  ])('refuses %s', (_, fields) => {
    expect(tryTo(fields)).toBe(FIELD)
  })

  test.each([
    ['an expression of 256 bytes', { license: { expression: 'a'.repeat(256) } }],
    ['a compound expression', { license: { expression: '(MIT OR Apache-2.0) AND LGPL-2.1-or-later' } }],
    [
      'a LicenseRef with its text',
      { license: { expression: 'LicenseRef-acme', textDigest: digestOf('text') } },
    ],
    ['a locator of 256 bytes', { locators: [`ipfs://${'a'.repeat(249)}`] }],
    [
      'a media type with a parameter',
      { metadata: { mediaType: 'text/markdown; charset=utf-8', digest: digestOf('c') } },
    ],
  ])('takes %s', (_, fields) => {
    expect(tryTo(fields)).toBe('accepted')
  })

  test.each([
    ['terms', { termsId: 1n }],
    ['shares', { shareSupply: 1_000_000n }],
  ])('refuses %s as long as there are none', (_, fields) => {
    expect(tryTo(fields)).toBe('asset/19 not supported yet')
  })
})

describe('a further version', () => {
  test('takes the next number and the next seq', () => {
    const assetId = registry.confirmed('alice', 'model')
    registry.confirmed('bob', 'other')
    expect(registry.registerVersion('alice', assetId, 'v2')).toMatchObject({ version: 2, seq: 3n })
    expect(registry.query('Asset', { assetId }).asset.latestVersion).toBe(2)
    registry.endBlock()
  })

  test('is the controller’s to publish, once the first is ACTIVE', () => {
    const { assetId } = registry.register('alice', 'model')
    expect(refusal(() => registry.registerVersion('alice', assetId, 'v2'))).toBe(
      'asset/9 asset is provisional',
    )
    registry.endBlock(20)
    expect(refusal(() => registry.registerVersion('bob', assetId, 'v2'))).toBe(
      'asset/5 signer does not control the asset',
    )
    expect(refusal(() => registry.registerVersion('alice', 9n, 'v2'))).toBe('asset/2 asset not found')
    expect(refusal(() => registry.registerVersion('alice', assetId, 'v2'))).toBe('accepted')
  })

  test('with the digest of an earlier one is refused', () => {
    const assetId = registry.confirmed('alice', 'model')
    expect(refusal(() => registry.registerVersion('alice', assetId, 'model'))).toBe(
      'asset/8 digest already claimed',
    )
  })
})

describe('modules below', () => {
  test('may refuse a registration before anything is written, and are told of it afterwards', () => {
    const told: string[] = []
    const hooks = [
      beforeRegister.on((_ctx, { version, links }) => {
        told.push(`before ${version.seq} with ${links.length} links`)
        if (version.seq === 2n) throw err.notYetSupported('refused below')
      }),
      afterRegister.on((_ctx, { asset, version }) => {
        told.push(`after ${asset.id}/${version.version}`)
      }),
    ]
    registry = new Registry({ hooks })
    const assetId = registry.confirmed('alice', 'model')
    const before = registry.dump()
    expect(refusal(() => registry.registerVersion('alice', assetId, 'v2'))).toBe('asset/19 not supported yet')
    expect(registry.dump()).toEqual(before)
    expect(told).toEqual(['before 1 with 0 links', 'after 1/1', 'before 2 with 0 links'])
  })
})

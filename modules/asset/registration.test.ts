import { beforeEach, describe, expect, test } from 'vitest'
import {
  MsgRegisterAsset,
  MsgSetStatus,
  MsgTransferAsset,
  MsgUpdateLocators,
  MsgUpdateMetadata,
  MsgUpdateParams,
} from '#gen/wadi/asset/v1/tx.ts'
import { AssetKind, DigestScheme, Permission, VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import { addressText, moduleAddress } from '#lib/address.ts'
import { account, assetFields, digestOf, FUNDS, Registry, refusal } from '../../test/support/registry.ts'
import { afterRegister, beforeRegister } from './api.ts'
import { err } from './errors.ts'

const { VERSION_STATUS_ACTIVE: ACTIVE, VERSION_STATUS_DEPRECATED: DEPRECATED } = VersionStatus
const { VERSION_STATUS_REVOKED: REVOKED } = VersionStatus
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

describe('status', () => {
  let assetId: bigint
  const set =
    (status: number, who = 'alice', version = 1) =>
    () =>
      registry.run(MsgSetStatus, { controller: account(who), assetId, version, status })
  beforeEach(() => {
    assetId = registry.confirmed('alice', 'model')
  })

  test('goes from ACTIVE to DEPRECATED and back, and on to REVOKED for good', () => {
    const [wrong, done] = ['asset/11 the status of the version does not allow this', 'accepted']
    const steps = [
      [REVOKED, wrong],
      [ACTIVE, wrong],
      [DEPRECATED, done],
      [DEPRECATED, wrong],
      [ACTIVE, done],
      [DEPRECATED, done],
      [REVOKED, done],
      [ACTIVE, wrong],
      [DEPRECATED, wrong],
      [REVOKED, wrong],
    ] as const
    expect(steps.map(([status]) => refusal(set(status)))).toEqual(steps.map(([, expected]) => expected))
    registry.endBlock()
  })

  test.each([0, 1, 5])('cannot be set to %i by anybody', (status) => {
    expect(refusal(set(status))).toBe('asset/11 the status of the version does not allow this')
  })

  test('of a PROVISIONAL version waits for the window', () => {
    registry.registerVersion('alice', assetId, 'v2')
    expect(refusal(set(DEPRECATED, 'alice', 2))).toBe(
      'asset/11 the status of the version does not allow this',
    )
    registry.endBlock(20)
    expect(refusal(set(DEPRECATED, 'alice', 2))).toBe('accepted')
  })

  test('is the controller’s', () => {
    expect(refusal(set(DEPRECATED, 'bob'))).toBe('asset/5 signer does not control the asset')
    expect(refusal(set(DEPRECATED, 'alice', 2))).toBe('asset/3 version not found')
  })

  test('REVOKED keeps the claim to the digest', () => {
    set(DEPRECATED)()
    set(REVOKED)()
    expect(refusal(() => registry.register('bob', 'model'))).toBe('asset/8 digest already claimed')
  })
})

describe('a transfer', () => {
  const transfer =
    (assetId: bigint, recipient: string, who = 'alice') =>
    () =>
      registry.run(MsgTransferAsset, { controller: account(who), assetId, recipient })

  test('gives control, and leaves the slug with the creator', () => {
    const assetId = registry.confirmed('alice', 'model')
    transfer(assetId, account('bob'))()
    expect(registry.query('AssetsByController', { controller: account('alice') }).assets).toEqual([])
    expect(registry.query('AssetsByController', { controller: account('bob') }).assets).toHaveLength(1)
    expect(registry.query('AssetsByCreator', { creator: account('alice') }).assets).toHaveLength(1)
    expect(registry.query('AssetBySlug', { creator: account('alice'), slug: 'model' }).asset.id).toBe(assetId)
    expect(refusal(() => registry.registerVersion('alice', assetId, 'v2'))).toContain('asset/5')
    expect(refusal(() => registry.registerVersion('bob', assetId, 'v2'))).toBe('accepted')
    registry.endBlock()
  })

  test('of a PROVISIONAL asset is refused: what may be voided is not sold', () => {
    const { assetId } = registry.register('alice', 'model')
    expect(refusal(transfer(assetId, account('bob')))).toBe('asset/9 asset is provisional')
  })

  test('is refused to others, to oneself, to no address and to module accounts', () => {
    const assetId = registry.confirmed('alice', 'model')
    expect(refusal(transfer(assetId, account('carol'), 'bob'))).toBe(
      'asset/5 signer does not control the asset',
    )
    expect(refusal(transfer(assetId, account('alice')))).toBe('asset/34 nothing would change')
    expect(refusal(transfer(assetId, 'bob'))).toBe(FIELD)
    expect(refusal(transfer(assetId, addressText(moduleAddress('asset'))))).toBe(FIELD)
  })
})

describe('updating', () => {
  let assetId: bigint
  const update =
    (fields: object, who = 'alice') =>
    () =>
      registry.run(MsgUpdateMetadata, { controller: account(who), assetId, ...fields })
  const dataUse = (train: number, mine: number, infer: number) => ({ dataUse: { train, mine, infer } })
  beforeEach(() => {
    assetId = registry.confirmed('alice', 'model', dataUse(2, 2, 2))
  })

  test('metadata and licence text replaces what is given and leaves the rest, for the price of the bytes', () => {
    const before = registry.balance(account('alice'))
    const metadata = { mediaType: 'text/markdown', digest: digestOf('card') }
    update({ metadata })()
    update({ license: { expression: 'MIT' } })()
    const { asset } = registry.query('Asset', { assetId })
    expect([asset.metadata, asset.license.expression]).toEqual([metadata, 'MIT'])
    const bytes = [{ metadata }, { license: { expression: 'MIT' } }].map((fields) => {
      const message = MsgUpdateMetadata.fromPartial({ controller: account('alice'), assetId, ...fields })
      return MsgUpdateMetadata.encode(message).finish().length
    })
    expect(before - registry.balance(account('alice'))).toBe(
      10n ** 13n * BigInt((bytes[0] ?? 0) + (bytes[1] ?? 0)),
    )
    registry.endBlock()
  })

  test('data use loosens it, and never takes back what was permitted', () => {
    expect(refusal(update(dataUse(1, 2, 1)))).toBe('accepted')
    for (const stricter of [dataUse(2, 2, 1), dataUse(1, 3, 1), dataUse(1, 2, 3)]) {
      expect(refusal(update(stricter))).toBe('asset/33 data use may only be loosened')
    }
    expect(registry.query('Asset', { assetId }).asset.dataUse).toEqual(dataUse(1, 2, 1).dataUse)
  })

  test('nothing, by others, or with what registering refuses is refused', () => {
    expect(refusal(update({}))).toBe('asset/34 nothing would change')
    expect(refusal(update({ license: { expression: 'MIT' } }, 'bob'))).toBe(
      'asset/5 signer does not control the asset',
    )
    expect(refusal(update({ license: { expression: '' } }))).toBe(FIELD)
    expect(refusal(update({ metadata: { mediaType: 'card' } }))).toBe(FIELD)
    expect(refusal(update({ dataUse: { train: Permission.PERMISSION_ALLOWED } }))).toBe(FIELD)
  })

  test('locators replaces them all: the digest says what is found there', () => {
    const to =
      (locators: string[], more: object = {}) =>
      () =>
        registry.run(MsgUpdateLocators, {
          controller: account('alice'),
          assetId,
          version: 1,
          locators,
          ...more,
        })
    expect(refusal(to(['https://mirror.example.org/m']))).toBe('accepted')
    expect(registry.version(assetId).locators).toEqual(['https://mirror.example.org/m'])
    expect(refusal(to([]))).toBe('accepted')
    expect(registry.version(assetId).locators).toEqual([])
    expect(refusal(to(['gopher://example.org']))).toBe(FIELD)
    expect(refusal(to([], { version: 2 }))).toBe('asset/3 version not found')
    expect(refusal(to([], { controller: account('bob') }))).toContain('asset/5')
  })
})

describe('parameters', () => {
  const set =
    (changes: object, authority = registry.authority) =>
    () =>
      registry.run(MsgUpdateParams, { authority, params: { ...registry.params, ...changes } })

  test('begin as they are written down', () => {
    expect(registry.params).toEqual({
      registrationFee: `${10n ** 16n}`,
      byteFee: `${10n ** 13n}`,
      commitDeposit: `${10n ** 17n}`,
      ...{ commitMinAge: 2, commitTtl: 5_000, contestWindow: 20, maxParents: 64, maxLocators: 4 },
      ...{ locatorBytes: 256, maxDepth: 10_000, slugBytes: 64, licenseBytes: 256, mediaTypeBytes: 128 },
      ...{ takeoverMaxFiles: 4_096, takeoverFileBytes: 4_096, walkPage: 1_000 },
    })
  })

  test('are changed by the authority alone', () => {
    expect(refusal(set({ contestWindow: 30 }))).toBe('accepted')
    expect(registry.params.contestWindow).toBe(30)
    expect(refusal(set({}, account('alice')))).toBe('sdk/4 unauthorized')
  })

  test.each([
    { registrationFee: '' },
    { registrationFee: '-1' },
    { byteFee: '1.5' },
    { commitDeposit: `${10n ** 31n}` },
    { commitMinAge: 0 },
    { contestWindow: 0 },
    { contestWindow: 5_000 },
    { commitTtl: 20 },
    { commitMinAge: 5_000 },
    { maxParents: 65 },
    { maxDepth: 10_001 },
    { slugBytes: 65 },
    { walkPage: 0 },
  ])('refuse %o', (changes) => {
    expect(refusal(set(changes))).toBe('asset/36 invalid parameters')
  })

  test('that are left out are refused', () => {
    const update = () => registry.run(MsgUpdateParams, { authority: registry.authority })
    expect(refusal(update)).toBe('asset/36 invalid parameters')
  })

  test('of no price make everything free', () => {
    set({ registrationFee: '0', byteFee: '0', commitDeposit: '0' })()
    const assetId = registry.confirmed('alice', 'model')
    registry.commit('alice', 'v2')
    registry.registerVersion('alice', assetId, 'v3')
    registry.endBlock(21)
    expect(registry.balance(account('alice'))).toBe(FUNDS)
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

import { beforeEach, describe, expect, test } from 'vitest'
import {
  MsgSetStatus,
  MsgTransferAsset,
  MsgUpdateLocators,
  MsgUpdateMetadata,
  MsgUpdateParams,
} from '#gen/wadi/asset/v1/tx.ts'
import { Permission, VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import { addressText, moduleAddress } from '#lib/address.ts'
import { account, digestOf, FUNDS, Registry, refusal } from '../../test/support/registry.ts'

const { VERSION_STATUS_ACTIVE: ACTIVE, VERSION_STATUS_DEPRECATED: DEPRECATED } = VersionStatus
const { VERSION_STATUS_REVOKED: REVOKED } = VersionStatus
const FIELD = 'asset/6 invalid field'

let registry: Registry

beforeEach(() => {
  registry = new Registry()
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
    const { contestWindow } = registry.params
    expect(contestWindow).toBe(30)
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

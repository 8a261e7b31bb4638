import { beforeEach, describe, expect, test } from 'vitest'
import { MsgCommitRegistration, MsgRegisterAsset, MsgUpdateParams } from '#gen/wadi/asset/v1/tx.ts'
import { AssetStatus, VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import {
  account,
  assetFields,
  CHAIN_ID,
  digestOf,
  ESCROW,
  FUNDS,
  PROTOCOL,
  Registry,
  refusal,
  saltOf,
} from '../../test/support/registry.ts'
import { commitmentHash } from './api.ts'

const { VERSION_STATUS_PROVISIONAL: PROVISIONAL, VERSION_STATUS_ACTIVE: ACTIVE } = VersionStatus
const { VERSION_STATUS_VOID: VOID } = VersionStatus
const DEPOSIT = 10n ** 17n
const [alice, bob, carol] = [account('alice'), account('bob'), account('carol')]

// parameters.md by hand: registration_fee 10^16, byte_fee 10^13 for every byte of the message.
const feeOf = (fields: object): bigint => {
  const bytes = MsgRegisterAsset.encode(MsgRegisterAsset.fromPartial(fields)).finish()
  return 10n ** 16n + 10n ** 13n * BigInt(bytes.length)
}
const revealing = (text: string) => ({
  claimSalt: saltOf(text),
  content: { scheme: 1, rootDigest: digestOf(text), sizeBytes: 1_000n, fileCount: 3 },
})
const showing = (text: string) => ({ content: revealing(text).content })

let registry: Registry
/** Everything anybody has: what is missing was burnt. */
const inAll = () => registry.supply(alice, bob, carol, ESCROW, PROTOCOL)

beforeEach(() => {
  registry = new Registry()
  registry.goTo(100n)
})

describe('a registration without a commitment', () => {
  test('is PROVISIONAL for the 20 blocks of the contest window, then ACTIVE', () => {
    const { assetId, status } = registry.register('alice', 'model')
    expect(status).toBe(PROVISIONAL)
    registry.goTo(119n)
    expect(registry.version(assetId).status).toBe(PROVISIONAL)
    registry.goTo(120n)
    expect(registry.version(assetId).status).toBe(ACTIVE)
  })

  test('holds its fee in escrow until then, to the unit, and it is the protocol’s afterwards', () => {
    const fee = feeOf(assetFields('alice', 'model'))
    registry.register('alice', 'model')
    expect([registry.balance(alice), registry.balance(ESCROW)]).toEqual([FUNDS - fee, fee])
    registry.goTo(120n)
    registry.endBlock()
    expect([registry.balance(ESCROW), registry.balance(PROTOCOL)]).toEqual([0n, fee])
    expect(inAll()).toBe(3n * FUNDS)
  })

  test('wins against a later one of the same block', () => {
    registry.register('alice', 'model')
    expect(refusal(() => registry.register('bob', 'copy', showing('model')))).toContain(
      'digest already claimed',
    )
  })

  test('is refused where the payer cannot pay, and nothing changes', () => {
    const before = registry.dump()
    expect(refusal(() => registry.register('nobody', 'model'))).toBe('sdk/5 insufficient funds')
    expect(registry.dump()).toEqual(before)
  })
})

describe('a registration that reveals a commitment', () => {
  test('is ACTIVE at once when the window since the commitment has passed', () => {
    registry.commit('alice', 'model')
    registry.goTo(120n)
    expect(registry.register('alice', 'model', revealing('model')).status).toBe(ACTIVE)
    const fee = feeOf(assetFields('alice', 'model', revealing('model')))
    expect(registry.balance(alice)).toBe(FUNDS - fee)
    expect([registry.balance(ESCROW), registry.balance(PROTOCOL)]).toEqual([0n, fee])
    registry.endBlock()
  })

  test('is PROVISIONAL one block before, until the window since the commitment has passed', () => {
    registry.commit('alice', 'model')
    registry.goTo(119n)
    const { assetId, status } = registry.register('alice', 'model', revealing('model'))
    expect(status).toBe(PROVISIONAL)
    expect(registry.version(assetId).activeHeight).toBe(120n)
    registry.goTo(120n)
    expect(registry.version(assetId).status).toBe(ACTIVE)
  })

  test('takes the priority of the commitment, and gives its deposit back', () => {
    const { priority } = registry.commit('alice', 'model')
    expect(registry.balance(alice)).toBe(FUNDS - DEPOSIT)
    expect(priority.height).toBe(100n)
    registry.goTo(102n)
    const { assetId } = registry.register('alice', 'model', revealing('model'))
    expect(registry.version(assetId).priority).toEqual(priority)
    expect(registry.balance(alice)).toBe(FUNDS - feeOf(assetFields('alice', 'model', revealing('model'))))
    expect(registry.query('Commitments', { owner: alice }).commitments).toEqual([])
    registry.endBlock()
  })

  test('pays its fee out of a deposit that comes back', () => {
    const fee = feeOf(assetFields('alice', 'model', revealing('model')))
    registry.commit('alice', 'model')
    registry.drain('alice')
    registry.goTo(102n)
    registry.register('alice', 'model', revealing('model'))
    expect(registry.balance(alice)).toBe(DEPOSIT - fee)
  })
})

describe('who copies from the mempool', () => {
  test('loses though the copy was executed first: it is voided, its fee burnt, to the unit', () => {
    registry.commit('alice', 'model')
    registry.goTo(130n)
    const copy = registry.register('bob', 'copy', showing('model'))
    const original = registry.register('alice', 'model', revealing('model'))
    expect(registry.version(copy.assetId).status).toBe(VOID)
    expect(registry.version(original.assetId).status).toBe(ACTIVE)
    const [bobs, alices] = [
      feeOf(assetFields('bob', 'copy', showing('model'))),
      feeOf(assetFields('alice', 'model', revealing('model'))),
    ]
    expect([registry.balance(alice), registry.balance(bob)]).toEqual([FUNDS - alices, FUNDS - bobs])
    expect([registry.balance(ESCROW), registry.balance(PROTOCOL)]).toEqual([0n, alices])
    expect(inAll()).toBe(3n * FUNDS - bobs)
    registry.endBlock(30)
    expect(registry.version(copy.assetId).status).toBe(VOID)
  })

  test('is refused after the original, in the same block or later', () => {
    registry.commit('alice', 'model')
    registry.goTo(102n)
    registry.register('alice', 'model', revealing('model'))
    expect(refusal(() => registry.register('bob', 'copy', showing('model')))).toContain('asset/8')
    registry.endBlock(50)
    expect(refusal(() => registry.register('bob', 'copy', showing('model')))).toContain('asset/8')
  })

  test('gains nothing from copying the commitment, and does not stand in its way', () => {
    const commitment = commitmentHash(CHAIN_ID, alice, digestOf('model'), saltOf('model'))
    registry.run(MsgCommitRegistration, { owner: bob, commitment })
    registry.commit('alice', 'model')
    registry.goTo(120n)
    const copy = () => registry.register('bob', 'copy', revealing('model'))
    expect(refusal(copy)).toBe('asset/4 commitment not found')
    expect(registry.register('alice', 'model', revealing('model')).status).toBe(ACTIVE)
    registry.endBlock()
  })

  test('gains nothing from committing to what it saw in the mempool', () => {
    registry.commit('alice', 'model')
    registry.goTo(130n)
    registry.commit('bob', 'model')
    registry.endBlock(2)
    const copy = registry.register('bob', 'copy', revealing('model'))
    const original = registry.register('alice', 'model', revealing('model'))
    expect(registry.version(copy.assetId).status).toBe(VOID)
    expect(original.status).toBe(ACTIVE)
    registry.endBlock()
  })
})

describe('a contest', () => {
  test('is won by the earlier commitment at the last height of the window', () => {
    registry.commit('alice', 'model')
    registry.goTo(200n)
    const squat = registry.register('bob', 'squat', showing('model'))
    registry.goTo(219n)
    expect(registry.register('alice', 'model', revealing('model')).status).toBe(ACTIVE)
    expect(registry.version(squat.assetId).status).toBe(VOID)
    registry.endBlock()
  })

  test.each([2_000, 0])('comes too late one block after (%i deadlines a block)', (items) => {
    registry.deadlineItems = items
    registry.commit('alice', 'model')
    registry.goTo(200n)
    const squat = registry.register('bob', 'squat', showing('model'))
    registry.goTo(220n)
    expect(refusal(() => registry.register('alice', 'model', revealing('model')))).toContain('asset/8')
    expect(registry.version(squat.assetId).status).toBe(ACTIVE)
  })

  test('goes to ever earlier claims: the earliest stays', () => {
    registry.commit('carol', 'model')
    registry.commit('bob', 'model')
    registry.goTo(102n)
    const first = registry.register('alice', 'first', showing('model'))
    const second = registry.register('bob', 'second', revealing('model'))
    const third = registry.register('carol', 'third', revealing('model'))
    const statuses = [first, second, third].map(({ assetId }) => registry.version(assetId).status)
    expect(statuses).toEqual([VOID, VOID, PROVISIONAL])
    registry.endBlock(30)
    expect(registry.query('VersionByDigest', { rootDigest: hex('model') }).version.seq).toBe(third.seq)
  })

  test('between commitments of one block goes to the one executed first', () => {
    registry.commit('bob', 'model')
    registry.commit('alice', 'model')
    registry.goTo(102n)
    const later = registry.register('alice', 'model', revealing('model'))
    const earlier = registry.register('bob', 'model', revealing('model'))
    expect(registry.version(later.assetId).status).toBe(VOID)
    expect(registry.version(earlier.assetId).status).toBe(PROVISIONAL)
    registry.endBlock()
  })

  test('is about the digest, whatever the scheme', () => {
    registry.register('alice', 'model')
    const content = { ...showing('model').content, scheme: 2 }
    expect(refusal(() => registry.register('bob', 'copy', { content }))).toContain('asset/8')
  })

  test('voids the asset with its first version: the slug is free, no list shows it, nothing can be done', () => {
    registry.commit('alice', 'model')
    registry.goTo(102n)
    const { assetId } = registry.register('bob', 'squat', showing('model'))
    registry.register('alice', 'model', revealing('model'))
    expect(registry.query('Asset', { assetId }).asset.status).toBe(AssetStatus.ASSET_STATUS_VOID)
    expect(registry.query('AssetsByController', { controller: bob }).assets).toEqual([])
    expect(registry.query('AssetsByCreator', { creator: bob }).assets).toEqual([])
    expect(registry.query('AssetsByKind', { kind: 1 }).assets).toHaveLength(1)
    expect(refusal(() => registry.registerVersion('bob', assetId, 'v2'))).toBe('asset/10 asset is void')
    expect(registry.register('bob', 'squat', showing('other')).assetId).toBe(3n)
    registry.endBlock()
  })

  test('over a later version leaves the asset and its other versions alone', () => {
    const assetId = registry.confirmed('bob', 'model')
    registry.commit('alice', 'v2')
    registry.endBlock(2)
    registry.registerVersion('bob', assetId, 'v2')
    registry.register('alice', 'hers', revealing('v2'))
    expect(registry.version(assetId, 2).status).toBe(VOID)
    expect(registry.query('Asset', { assetId }).asset.status).toBe(AssetStatus.ASSET_STATUS_CONFIRMED)
    expect(registry.registerVersion('bob', assetId, 'v3').version).toBe(3)
    registry.endBlock(30)
  })

  test('may be held against oneself: who forgot the salt registers again with it', () => {
    const assetId = registry.confirmed('alice', 'model')
    registry.commit('alice', 'v2')
    registry.endBlock(20)
    registry.registerVersion('alice', assetId, 'v2')
    const again = registry.registerVersion('alice', assetId, 'v2', { claimSalt: saltOf('v2') })
    expect([registry.version(assetId, 2).status, again.status]).toEqual([VOID, ACTIVE])
    registry.endBlock()
  })

  test('lost for want of money changes nothing', () => {
    registry.commit('alice', 'model')
    registry.goTo(102n)
    const { assetId } = registry.register('bob', 'squat', showing('model'))
    registry.drain('alice')
    registry.run(MsgUpdateParams, {
      authority: registry.authority,
      params: { ...registry.params, registrationFee: `${DEPOSIT}` },
    })
    const before = registry.dump()
    expect(refusal(() => registry.register('alice', 'm', revealing('model')))).toBe(
      'sdk/5 insufficient funds',
    )
    expect(registry.dump()).toEqual(before)
    expect(registry.version(assetId).status).toBe(PROVISIONAL)
  })

  test('has its end fixed at registration: a later change of the window moves nothing', () => {
    const { assetId } = registry.register('alice', 'model')
    registry.run(MsgUpdateParams, {
      authority: registry.authority,
      params: { ...registry.params, contestWindow: 100 },
    })
    registry.goTo(120n)
    expect(registry.version(assetId).status).toBe(ACTIVE)
  })
})

function hex(text: string): string {
  return [...digestOf(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

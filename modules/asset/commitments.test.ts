import { beforeEach, describe, expect, test } from 'vitest'
import { MsgCommitRegistration, MsgUpdateParams } from '#gen/wadi/asset/v1/tx.ts'
import { VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import {
  account,
  digestOf,
  ESCROW,
  FUNDS,
  PROTOCOL,
  Registry,
  refusal,
  saltOf,
} from '../../test/support/registry.ts'

const { VERSION_STATUS_ACTIVE: ACTIVE } = VersionStatus
const DEPOSIT = 10n ** 17n
const [alice, bob, carol] = [account('alice'), account('bob'), account('carol')]

// parameters.md by hand: registration_fee 10^16, byte_fee 10^13 for every byte of the message.
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

describe('a commitment', () => {
  test('may be revealed from age 2 on', () => {
    const { revealFromHeight } = registry.commit('alice', 'model')
    expect(revealFromHeight).toBe(102n)
    const reveal = () => registry.register('alice', 'model', revealing('model'))
    expect(refusal(reveal)).toBe('asset/21 commitment may not be revealed yet')
    registry.goTo(101n)
    expect(refusal(reveal)).toBe('asset/21 commitment may not be revealed yet')
    registry.goTo(102n)
    expect(refusal(reveal)).toBe('accepted')
  })

  test('may be revealed up to age 5,000', () => {
    expect(registry.commit('alice', 'model').expiryHeight).toBe(5_100n)
    registry.goTo(5_100n)
    expect(registry.register('alice', 'model', revealing('model')).status).toBe(ACTIVE)
    registry.endBlock()
    expect(inAll()).toBe(3n * FUNDS)
  })

  test('burns its deposit afterwards, exactly once', () => {
    registry.commit('alice', 'model')
    registry.goTo(5_101n)
    expect(registry.balance(ESCROW)).toBe(0n)
    expect(inAll()).toBe(3n * FUNDS - DEPOSIT)
    const reveal = () => registry.register('alice', 'model', revealing('model'))
    expect(refusal(reveal)).toBe('asset/4 commitment not found')
    registry.endBlock(10)
    expect(inAll()).toBe(3n * FUNDS - DEPOSIT)
  })

  test('is expired at age 5,001 even where the queue has not come to it', () => {
    registry.deadlineItems = 0
    registry.commit('alice', 'model')
    registry.goTo(5_101n)
    const reveal = () => registry.register('alice', 'model', revealing('model'))
    expect(refusal(reveal)).toBe('asset/22 commitment expired')
    registry.deadlineItems = 2_000
    registry.endBlock()
    expect(inAll()).toBe(3n * FUNDS - DEPOSIT)
  })

  test('is revealed once: its deposit comes back once', () => {
    registry.commit('alice', 'model')
    registry.goTo(102n)
    registry.register('alice', 'model', revealing('model'))
    const again = () => registry.register('alice', 'again', revealing('model'))
    expect(refusal(again)).toBe('asset/4 commitment not found')
  })

  test('fits no other digest and no other salt', () => {
    registry.commit('alice', 'model')
    registry.goTo(102n)
    const otherSalt = { ...revealing('model'), claimSalt: saltOf('x') }
    const otherDigest = { ...revealing('model'), ...showing('x') }
    expect(refusal(() => registry.register('alice', 'm', otherSalt))).toContain('asset/4')
    expect(refusal(() => registry.register('alice', 'm', otherDigest))).toContain('asset/4')
  })

  test('is made once by one account', () => {
    registry.commit('alice', 'model')
    expect(refusal(() => registry.commit('alice', 'model'))).toBe('asset/20 commitment already made')
  })

  test.each([0, 31, 33])('of %i bytes is refused', (length) => {
    const commitment = new Uint8Array(length)
    const commit = () => registry.run(MsgCommitRegistration, { owner: alice, commitment })
    expect(refusal(commit)).toBe('asset/6 invalid field')
  })

  test('keeps its times when the parameters change', () => {
    registry.commit('alice', 'model')
    registry.run(MsgUpdateParams, {
      authority: registry.authority,
      params: { ...registry.params, commitMinAge: 50, commitTtl: 60 },
    })
    registry.goTo(102n)
    expect(refusal(() => registry.register('alice', 'model', revealing('model')))).toBe('accepted')
  })

  test('works for a reference and for a further version too', () => {
    const assetId = registry.confirmed('alice', 'model')
    registry.commit('alice', 'v2')
    registry.commit('bob', 'base')
    registry.endBlock(20)
    expect(registry.registerVersion('alice', assetId, 'v2', { claimSalt: saltOf('v2') }).status).toBe(ACTIVE)
    const reference = registry.registerReference('bob', 'base', revealing('base'))
    expect(registry.version(reference.assetId).status).toBe(ACTIVE)
    registry.endBlock()
  })
})

import { beforeEach, describe, expect, test } from 'vitest'
import { AssetStatus, VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import { bank } from '#modules/bank/api.ts'
import { account, ESCROW, FUNDS, PROTOCOL, Registry } from '../../test/support/registry.ts'
import { state } from './state.ts'

const { VERSION_STATUS_PROVISIONAL: PROVISIONAL, VERSION_STATUS_ACTIVE: ACTIVE } = VersionStatus

let registry: Registry
beforeEach(() => {
  registry = new Registry()
})

describe('what is due', () => {
  test('an overdue version is ACTIVE to queries, contests and children, and its fee follows when touched', () => {
    registry.deadlineItems = 0
    const { assetId } = registry.register('alice', 'model', { derivatives: 1 })
    const fee = FUNDS - registry.balance(account('alice'))
    registry.goTo(150n)
    expect(registry.version(assetId).status).toBe(ACTIVE)
    expect(registry.query('Asset', { assetId }).asset.status).toBe(AssetStatus.ASSET_STATUS_CONFIRMED)
    const parents = [{ assetId, version: 1, relation: 1 }]
    expect(registry.register('bob', 'child', { parents }).status).toBe(PROVISIONAL)
    expect(registry.balance(PROTOCOL)).toBe(0n)
    registry.registerVersion('alice', assetId, 'v2')
    expect(registry.balance(PROTOCOL)).toBe(fee)
    registry.endBlock()
  })

  test('is done once, by the queue or by whoever touches it', () => {
    const { assetId } = registry.register('alice', 'model')
    const fee = FUNDS - registry.balance(account('alice'))
    registry.goTo(21n)
    registry.registerVersion('alice', assetId, 'v2')
    registry.endBlock(5)
    expect(registry.takeEvents().filter((type) => type === 'EventVersionActivated')).toHaveLength(1)
    expect(registry.balance(PROTOCOL)).toBe(fee)
  })

  test('and fails is parked without a trace, holds nothing else up, and can be done again', () => {
    const { seq, assetId } = registry.register('alice', 'first')
    registry.register('bob', 'second')
    const held = registry.balance(ESCROW)
    const take = (from: string, to: string) =>
      bank.send(registry.context(), from, to, [{ denom: 'awadi', amount: held - 1n }])
    take(ESCROW, account('carol'))
    expect(() => registry.endBlock(21)).toThrow(
      'the module holds exactly the fees in escrow and the deposits',
    )
    expect(state.activations.failure(registry.context(), seq)).toMatchObject({ codespace: 'sdk', code: 5 })
    expect(state.versions.get(registry.context(), [assetId, 1])?.status).toBe(PROVISIONAL)
    take(account('carol'), ESCROW)
    for (const [key] of [...state.activations.failed(registry.context())]) {
      expect(state.activations.retry(registry.context(), key)).toBe(true)
    }
    registry.endBlock()
    expect(state.versions.get(registry.context(), [assetId, 1])?.status).toBe(ACTIVE)
    expect(registry.balance(ESCROW)).toBe(0n)
  })
})

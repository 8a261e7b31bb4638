import { describe, expect, test } from 'vitest'
import { EventAssetRegistered, EventLineageAdded } from '#gen/wadi/asset/v1/events.ts'
import { AssetKind } from '#gen/wadi/asset/v1/types.ts'
import { eventAttributes } from '#lib/proto-json.ts'
import { messages } from '#lib/reflect.ts'
import { EventError, type RawEvent } from './errors.ts'
import { EventList, sdkEvents } from './events.ts'

const event = (type: string, attributes: Readonly<Record<string, string>>): RawEvent => ({
  type,
  attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
})

// As a block of a devnet had it.
const registered = event('wadi.asset.v1.EventAssetRegistered', {
  asset_id: '"1"',
  creator: '"wadi15yk64u7zc9g9k2yr2wmzeva5qgwxps6yuu6ssh"',
  kind: '"ASSET_KIND_MODEL"',
  reference: 'false',
  slug: '"tiny-classifier"',
  msg_index: '0',
})
const transfer = event('transfer', {
  recipient: 'wadi1b',
  sender: 'wadi1a',
  amount: '5awadi,70share/1',
  msg_index: '2',
})

describe('events', () => {
  test('of a generated type are read as its message', () => {
    expect(new EventList([transfer, registered]).of(EventAssetRegistered)).toEqual([
      {
        assetId: 1n,
        kind: AssetKind.ASSET_KIND_MODEL,
        creator: 'wadi15yk64u7zc9g9k2yr2wmzeva5qgwxps6yuu6ssh',
        slug: 'tiny-classifier',
        reference: false,
      },
    ])
    expect(new EventList([registered]).of(EventLineageAdded)).toEqual([])
  })

  test('of the SDK are read with their coins', () => {
    expect(new EventList([registered, transfer]).of(sdkEvents.transfer)).toEqual([
      {
        recipient: 'wadi1b',
        sender: 'wadi1a',
        amount: [
          { denom: 'awadi', amount: '5' },
          { denom: 'share/1', amount: '70' },
        ],
      },
    ])
    expect(new EventList([event('burn', { burner: 'wadi1a', amount: '' })]).of(sdkEvents.burn)).toEqual([
      { burner: 'wadi1a', amount: [] },
    ])
  })

  test('are told apart by message, and by the beginning and end of a block', () => {
    const [typed, sdk, block] = new EventList([
      registered,
      transfer,
      event('coinbase', { minter: 'wadi1m', amount: '1awadi', mode: 'EndBlock' }),
    ]).decoded()
    expect([typed?.msgIndex, typed?.mode]).toEqual([0, undefined])
    expect(sdk?.msgIndex).toBe(2)
    expect(block).toMatchObject({ mode: 'EndBlock', msgIndex: undefined, value: { minter: 'wadi1m' } })
  })

  test('that are unknown keep their attributes as texts', () => {
    const [unknown, foreign] = new EventList([
      event('tx', { fee: '5awadi', fee_payer: 'wadi1a' }),
      event('ibc.core.Event', { a: 'b' }),
    ]).decoded()
    expect(unknown).toMatchObject({ value: { fee: '5awadi', fee_payer: 'wadi1a' }, problem: undefined })
    expect(foreign).toMatchObject({ type: 'ibc.core.Event', value: { a: 'b' }, problem: undefined })
  })

  test.each([
    ['a field that is no JSON', { asset_id: '1"' }, 'attribute asset_id is not JSON'],
    ['a field of another type', { asset_id: 'true' }, 'asset_id: true is not'],
    ['an unknown field', { colour: '"red"' }, 'colour: "red" is not a field of wadi.asset.v1'],
    ['an unknown enum', { kind: '"ASSET_KIND_NOTHING"' }, 'kind: "ASSET_KIND_NOTHING" is not one of'],
  ])('with %s are refused where asked for, and kept where listed', (_what, attributes, reason) => {
    const list = new EventList([event('wadi.asset.v1.EventAssetRegistered', attributes)])
    expect(() => list.of(EventAssetRegistered)).toThrow(EventError)
    expect(() => list.of(EventAssetRegistered)).toThrow(reason)
    const [kept] = list.decoded()
    expect(kept?.problem?.message).toContain(reason)
    expect(kept?.value).toEqual(attributes)
    expect(kept?.raw).toBe(list.raw[0])
  })

  test('with an attribute twice, or without one that is due, are refused', () => {
    const twice = { type: 'wadi.asset.v1.EventAssetRegistered', attributes: [] as RawEvent['attributes'] }
    twice.attributes = [
      { key: 'slug', value: '"a"' },
      { key: 'slug', value: '"b"' },
    ]
    expect(() => new EventList([twice]).of(EventAssetRegistered)).toThrow('slug stands in it twice')
    expect(() => new EventList([event('transfer', { sender: 'a' })]).of(sdkEvents.transfer)).toThrow(
      'it has no attribute recipient',
    )
    const coins = event('coin_spent', { spender: 'a', amount: '5' })
    expect(() => new EventList([coins]).of(sdkEvents.coinSpent)).toThrow('not a list of coins')
  })

  test('keep a field of their own named like a mark, because the mark stands behind it', () => {
    const named = event('x', { mode: 'dark', msg_index: '1' })
    expect(new EventList([named]).decoded()[0]).toMatchObject({
      value: { mode: 'dark' },
      msgIndex: 1,
      mode: undefined,
    })
  })

  test('of every type of the definitions read back what the chain writes', () => {
    const types = [...messages()].filter(({ typeName }) => /\.v\d+\.Event[A-Z]/.test(typeName))
    expect(types.length).toBeGreaterThan(10)
    for (const { typeName } of types) {
      const flat = eventAttributes(typeName, {})
      const attributes = flat.flatMap((key, i) =>
        i % 2 === 0 ? [{ key, value: flat[i + 1] as string }] : [],
      )
      expect(new EventList([{ type: typeName, attributes }]).decoded()[0]?.problem, typeName).toBeUndefined()
    }
  })
})

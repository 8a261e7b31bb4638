import { beforeEach, describe, expect, test } from 'vitest'
import { GenesisState } from '#gen/wadi/asset/v1/genesis.ts'
import { MsgAddLineage, MsgSetStatus } from '#gen/wadi/asset/v1/tx.ts'
import { bank } from '#modules/bank/api.ts'
import { account, digestOf, Registry, refusal, saltOf } from '../../test/support/registry.ts'
import { assetInvariants } from './invariants.ts'
import { escrow, state } from './state.ts'

let registry: Registry

/** A state with something of everything: all five statuses, a reference, late links, open and void claims. */
function busy(): void {
  const base = registry.confirmed('alice', 'base', { derivatives: 1 })
  const parents = [{ assetId: base, version: 1, relation: 1 }]
  const child = registry.confirmed('bob', 'child', { parents, derivatives: 1 })
  const data = registry.registerReference('carol', 'data').assetId
  registry.commit('alice', 'contested')
  registry.endBlock(21)
  registry.registerVersion('alice', base, 'v2')
  const controller = account('alice')
  const set = (status: number) =>
    registry.run(MsgSetStatus, { controller, assetId: base, version: 1, status })
  set(3)
  registry.commit('bob', 'kept')
  registry.register('bob', 'squat', { content: contentOf('contested') })
  registry.register('alice', 'won', { content: contentOf('contested'), claimSalt: saltOf('contested') })
  const late = registry.confirmed('alice', 'late')
  const signers = { controller, parentController: account('bob') }
  registry.run(MsgAddLineage, {
    ...signers,
    assetId: late,
    version: 1,
    parent: { ...parents[0], assetId: child },
  })
  registry.run(MsgAddLineage, {
    ...{ controller, parentController: controller, assetId: late, version: 1 },
    parent: { assetId: data, version: 1, relation: 6 },
  })
  set(4)
  registry.registerVersion('alice', base, 'v3')
  registry.endBlock()
}
const contentOf = (text: string) => ({ scheme: 1, rootDigest: digestOf(text), sizeBytes: 1n, fileCount: 1 })

beforeEach(() => {
  registry = new Registry()
})

describe('genesis', () => {
  test('exported and imported gives the same store, key by key', () => {
    busy()
    const exported = GenesisState.decode(GenesisState.encode(registry.exportGenesis()).finish())
    const copy = new Registry({ balancesOf: registry, genesis: exported })
    expect(copy.dump()).toEqual(registry.dump())
    expect(copy.dump().length).toBeGreaterThan(60)
  })

  test('of nothing has the default parameters and begins at 1', () => {
    const { assets, versions, nextAssetId, nextSeq, nextClaim } = registry.exportGenesis()
    expect([assets, versions, nextAssetId, nextSeq, nextClaim]).toEqual([[], [], 1n, 1n, 1n])
  })

  test('goes on counting after the highest number, whatever it says is next', () => {
    busy()
    const exported = { ...registry.exportGenesis(), nextAssetId: 0n, nextSeq: 0n, nextClaim: 0n }
    const copy = new Registry({ balancesOf: registry, genesis: exported })
    const { nextAssetId, nextSeq, nextClaim } = registry.exportGenesis()
    expect(copy.exportGenesis()).toMatchObject({ nextAssetId, nextSeq, nextClaim })
  })

  test.each<[string, (state: GenesisState) => void]>([
    ['an asset twice', ({ assets }) => assets.push(assets[0] as never)],
    ['an asset 0', ({ assets }) => change(assets, 0, { id: 0n })],
    ['a slug twice', ({ assets }) => change(assets, 1, { slug: 'base', creator: account('alice') })],
    ['a creator that is no address', ({ assets }) => change(assets, 0, { creator: 'alice' })],
    ['a controlled reference', ({ assets }) => change(assets, 2, { controller: account('eve') })],
    ['an asset without versions', ({ assets }) => change(assets, 0, { latestVersion: 9 })],
    ['an asset that stands elsewhere', ({ assets }) => change(assets, 0, { status: 1 })],
    ['a version twice', ({ versions }) => versions.push(versions[0] as never)],
    ['a version without asset', ({ versions }) => change(versions, 0, { assetId: 99n })],
    ['a version 0', ({ versions }) => change(versions, 0, { seq: 0n })],
    ['a digest twice', ({ versions }) => change(versions, 0, { content: versions[1]?.content })],
    ['a short digest', ({ versions }) => change(versions, 0, { content: { rootDigest: new Uint8Array(3) } })],
    ['a version without priority', ({ versions }) => change(versions, 0, { priority: undefined })],
    ['a wrong depth', ({ versions }) => change(versions, 0, { depth: 7 })],
    ['a wrong number of parents', ({ versions }) => change(versions, 0, { parentCount: 2 })],
    ['a fee that the module does not hold', ({ versions }) => change(versions, 0, { escrow: '5' })],
    ['a fee that is no number', ({ versions }) => change(versions, 0, { escrow: '1e3' })],
    ['a deposit that is no number', ({ commitments }) => change(commitments, 0, { deposit: '' })],
    ['a link upwards', ({ links }) => change(links, 0, { parentSeq: 99n })],
    ['a link twice', ({ links }) => links.push(links[0] as never)],
    ['a link to nowhere', ({ links }) => links.push({ ...links[0], childSeq: 98n, parentSeq: 97n } as never)],
    [
      'a deposit that the module does not hold',
      ({ commitments }) => change(commitments, 0, { deposit: '1' }),
    ],
    ['a commitment twice', ({ commitments }) => commitments.push(commitments[0] as never)],
    ['a short commitment', ({ commitments }) => change(commitments, 0, { commitment: new Uint8Array(5) })],
    ['a commitment of nobody', ({ commitments }) => change(commitments, 0, { owner: '' })],
  ])('with %s is refused', (_, damage) => {
    busy()
    const exported = registry.exportGenesis()
    damage(exported)
    expect(refusal(() => new Registry({ balancesOf: registry, genesis: exported }))).toBe(
      'asset/37 invalid genesis',
    )
  })

  test('with a kind that there is not is refused', () => {
    busy()
    const exported = registry.exportGenesis()
    change(exported.assets, 0, { kind: 300 })
    const start = () => new Registry({ balancesOf: registry, genesis: exported })
    expect(refusal(start)).toBe('asset/6 invalid field')
  })

  test('with parameters out of bounds is refused', () => {
    const genesis = { params: { ...registry.params, contestWindow: 0 } }
    expect(refusal(() => new Registry({ genesis }))).toBe('asset/36 invalid parameters')
  })
})

describe('an invariant', () => {
  type Damage = (registry: Registry) => void
  const version = (n: bigint) =>
    state.versions.find(registry.context(), 'seq', n) as NonNullable<unknown> as never
  const damages: Readonly<Record<keyof typeof assetInvariants, Damage>> = {
    'the module holds exactly the fees in escrow and the deposits': (r) =>
      bank.burn(r.context(), escrow, [{ denom: 'awadi', amount: 1n }]),
    'indexes are in step with their tables': (r) => r.damage(5),
    'an asset stands where its first version stands, and counts its versions': (r) => {
      const ctx = r.context()
      const row = state.assets.get(ctx, 1n)
      if (row !== undefined) state.assets.put(ctx, { ...row, latestVersion: 9 })
    },
    'every version that is not void holds the one claim to its digest': (r) =>
      state.claims.set(r.context(), digestOf('base'), 9n),
    'exactly the provisional versions wait for their activation': (r) =>
      state.provisional.add(r.context(), [5n, 1n]),
    'exactly the commitments wait for their expiry': (r) => {
      for (const [height, key] of [...state.expiries.pending(r.context())])
        state.expiries.cancel(r.context(), height, key)
    },
    'a parent has a lower seq than its child, and both ends know the link': (r) =>
      state.children.add(r.context(), [1n, 9n]),
    'the depth of a version is one more than the greatest among its parents': (r) =>
      state.versions.put(r.context(), { ...(version(1n) as object), depth: 3 } as never),
    'every number given is below its sequence': (r) => state.nextSeq.set(r.context(), 1n),
  }

  test.each(Object.entries(damages))('notices: %s', (rule, damage) => {
    busy()
    expect(assetInvariants[rule]?.(registry.context())).toBeUndefined()
    damage(registry)
    expect(assetInvariants[rule]?.(registry.context())).toBeTypeOf('string')
  })

  test('has a test', () => {
    expect(Object.keys(damages)).toEqual(Object.keys(assetInvariants))
  })
})

function change<T>(rows: T[], at: number, changes: object): void {
  rows[at] = { ...(rows[at] as T), ...changes }
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MsgAddLineage, MsgSetStatus, MsgTransferAsset, MsgUpdateParams } from '#gen/wadi/asset/v1/tx.ts'
import type { Asset } from '#gen/wadi/asset/v1/types.ts'
import { account, CHAIN_ID, digestOf, Registry, saltOf } from '../../test/support/registry.ts'
import { commitmentHash } from './api.ts'
import { state } from './state.ts'

/*
 * Random histories: short windows, few digests and three accounts, so that claims collide, windows pass and links are
 * tried in every order. What is tried is mostly possible, never certain.
 */

const WHO = ['alice', 'bob', 'carol'] as const
const TEXTS = 'abcdefghijklmnopqrstuvwx'.split('')
const ACTIONS = [
  'register',
  'version',
  'commit',
  'reveal',
  'reference',
  'status',
  'link',
  'transfer',
  'wait',
] as const

const step = fc.record({
  action: fc.constantFrom(...ACTIONS),
  who: fc.constantFrom(...WHO),
  text: fc.constantFrom(...TEXTS),
  a: fc.nat(1_000),
  b: fc.nat(1_000),
  status: fc.constantFrom(2, 3, 3, 4),
  relation: fc.integer({ min: 1, max: 9 }),
  blocks: fc.integer({ min: 1, max: 12 }),
  items: fc.constantFrom(0, 1, 2_000, 2_000),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const contentOf = (text: string) => ({ scheme: 1, rootDigest: digestOf(text), sizeBytes: 1n, fileCount: 1 })
const nameOf = (address: string) => WHO.find((who) => account(who) === address) ?? 'alice'

function start(): Registry {
  const registry = new Registry()
  const params = {
    ...registry.params,
    contestWindow: 4,
    commitMinAge: 1,
    commitTtl: 10,
    maxDepth: 6,
    maxParents: 3,
  }
  registry.run(MsgUpdateParams, { authority: registry.authority, params })
  return registry
}

/** One of the assets there are, and a version of it. */
function pick(registry: Registry, n: number): { asset: Asset; version: number } {
  const { assets } = registry.query('Assets', {}) as { assets: Asset[] }
  const asset = assets[n % Math.max(assets.length, 1)]
  if (asset === undefined) return pick(registryWithOne(registry), n)
  return { asset, version: 1 + (n % asset.latestVersion) }
}

function registryWithOne(registry: Registry): Registry {
  registry.register('alice', 'first', { derivatives: 1 })
  return registry
}

/** Every commitment that anybody may make. */
const CLAIMS = WHO.flatMap((who) =>
  TEXTS.map((text) => {
    const hash = commitmentHash(CHAIN_ID, account(who), digestOf(text), saltOf(text))
    return { who, text, key: [account(who), hash] as [string, Uint8Array] }
  }),
)

/** Those that wait to be revealed. */
function openClaims(registry: Registry): readonly { readonly who: string; readonly text: string }[] {
  const ctx = registry.context()
  return CLAIMS.filter(({ key }) => state.commitments.has(ctx, key))
}

function act(registry: Registry, asked: Step, i: number): void {
  const { action, a, b, status, relation, who } = asked
  const claims = openClaims(registry)
  const claim = claims[a % Math.max(claims.length, 1)] ?? asked
  // Every other registration shows what somebody has committed to: a copier, or somebody who knew it too.
  const text = b % 2 === 0 ? claim.text : asked.text
  const one = pick(registry, a)
  const other = pick(registry, b)
  const parents = [{ assetId: other.asset.id, version: other.version, relation }]
  const owner = nameOf(one.asset.controller)
  const at = { controller: account(owner), assetId: one.asset.id, version: one.version }
  const fields = { content: contentOf(text), derivatives: 1 + (a % 3), parents: a % 2 === 0 ? parents : [] }
  const byAction: Readonly<Record<Step['action'], () => unknown>> = {
    register: () => registry.register(who, `s${i}`, fields),
    version: () =>
      registry.registerVersion(owner, one.asset.id, text, { parents: fields.parents, derivatives: 1 }),
    commit: () => registry.commit(who, asked.text),
    reveal: () => {
      const revealed = { content: contentOf(claim.text), derivatives: 1, claimSalt: saltOf(claim.text) }
      return registry.register(claim.who, `s${i}`, revealed)
    },
    reference: () => registry.registerReference(who, `s${i}`, { content: contentOf(text) }),
    status: () => registry.run(MsgSetStatus, { ...at, status }),
    link: () => {
      const parentController = other.asset.reference ? at.controller : other.asset.controller
      return registry.run(MsgAddLineage, { ...at, parentController, parent: parents[0] })
    },
    transfer: () => registry.run(MsgTransferAsset, { ...at, recipient: account(who) }),
    wait: () => undefined,
  }
  byAction[action]()
}

test('any history keeps every invariant and exports to the same store', () => {
  const counts = new Map<string, number>()
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 80, size: 'max' }), (steps) => {
      const registry = start()
      for (const [i, at] of steps.entries()) {
        registry.deadlineItems = at.items
        try {
          act(registry, at, i)
          count(at.action)
        } catch (error) {
          // Only a named refusal may end a message; anything else is a bug.
          if ((error as { codespace?: string }).codespace === undefined) throw error
        }
        registry.endBlock(at.action === 'wait' ? at.blocks : 1)
        for (const event of registry.takeEvents()) count(event)
      }
      registry.deadlineItems = 2_000
      registry.endBlock()
      const copy = new Registry({ balancesOf: registry, genesis: registry.exportGenesis() })
      expect(copy.dump()).toEqual(registry.dump())
    }),
    { numRuns: 40 },
  )
  // The histories are worth something only if everything happens in them.
  const expected = [...ACTIONS, 'EventVersionVoided', 'EventVersionActivated', 'EventCommitmentExpired']
  const rare = expected.filter((what) => (counts.get(what) ?? 0) < 3)
  expect(rare).toEqual([])
})

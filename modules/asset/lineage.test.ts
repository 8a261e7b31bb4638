import { beforeEach, describe, expect, test } from 'vitest'
import { MsgAddLineage, MsgSetStatus } from '#gen/wadi/asset/v1/tx.ts'
import { Derivatives, Permission, Relation, VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import { account, Registry, refusal } from '../../test/support/registry.ts'

const { DERIVATIVES_OPEN: OPEN, DERIVATIVES_FORBIDDEN: FORBIDDEN } = Derivatives
const FINETUNE = Relation.RELATION_FINETUNE
const open = { derivatives: OPEN }
const parent = (assetId: bigint, version = 1, relation: Relation = FINETUNE) => ({
  assetId,
  version,
  relation,
})
const below = (...parents: object[]) => ({ derivatives: OPEN, parents })
const trainOnly = (train: number) => ({ dataUse: { train, mine: 1, infer: 1 } })

let registry: Registry
const late = (child: bigint, over: object, who = 'alice', parentController = who) =>
  registry.run(MsgAddLineage, {
    controller: account(who),
    parentController: account(parentController),
    assetId: child,
    version: 1,
    parent: over,
  })

beforeEach(() => {
  registry = new Registry()
})

describe('parents of a registration', () => {
  test('are recorded with their relation, and the child is one deeper than the deepest', () => {
    const base = registry.confirmed('alice', 'base', open)
    const data = registry.confirmed('bob', 'data', { kind: 2, ...open })
    const tuned = registry.confirmed('carol', 'tuned', below(parent(base)))
    const merged = registry.confirmed('carol', 'merged', below(parent(tuned), parent(data, 1, 6)))
    const found = registry.query('Version', { assetId: merged, version: 1 })
    expect(found.version.depth).toBe(2)
    expect(found.parents.map((p: { assetId: bigint; relation: number }) => [p.assetId, p.relation])).toEqual([
      [data, Relation.RELATION_TRAINED_ON],
      [tuned, FINETUNE],
    ])
  })

  test('may be earlier versions of the same asset', () => {
    const assetId = registry.confirmed('alice', 'model')
    registry.registerVersion('alice', assetId, 'v2', { parents: [parent(assetId)] })
    expect(registry.version(assetId, 2).depth).toBe(1)
    registry.endBlock()
  })

  test('must exist', () => {
    const parents = [parent(7n)]
    expect(refusal(() => registry.register('bob', 'child', { parents }))).toBe('asset/3 version not found')
  })

  test('cannot be the version itself: it has no number yet', () => {
    const assetId = registry.confirmed('alice', 'model')
    const parents = [parent(assetId, 2)]
    expect(refusal(() => registry.registerVersion('alice', assetId, 'v2', { parents }))).toBe(
      'asset/3 version not found',
    )
  })

  test('that are PROVISIONAL, VOID or REVOKED take no children; DEPRECATED ones do', () => {
    const { assetId } = registry.register('alice', 'model', open)
    const child = (slug: string) => () => registry.register('bob', slug, { parents: [parent(assetId)] })
    const set = (status: number) =>
      registry.run(MsgSetStatus, { controller: account('alice'), assetId, version: 1, status })
    expect(refusal(child('a'))).toBe('asset/12 parent takes no children')
    registry.endBlock(21)
    expect(refusal(child('b'))).toBe('accepted')
    set(VersionStatus.VERSION_STATUS_DEPRECATED)
    expect(refusal(child('c'))).toBe('accepted')
    set(VersionStatus.VERSION_STATUS_REVOKED)
    expect(refusal(child('d'))).toBe('asset/12 parent takes no children')
    registry.endBlock()
  })

  test('of which there are 64 are accepted, 65 refused', () => {
    const bases = Array.from({ length: 65 }, (_, i) => registry.register('alice', `base-${i}`, open).assetId)
    registry.endBlock(21)
    const parents = bases.map((base) => parent(base))
    expect(refusal(() => registry.register('bob', 'child', { parents }))).toBe('asset/14 too many parents')
    const { assetId } = registry.register('bob', 'child', { parents: parents.slice(0, 64) })
    expect(registry.version(assetId).parentCount).toBe(64)
    registry.endBlock(21)
    const another = () => late(assetId, parents[64] as object, 'bob', 'alice')
    expect(refusal(another)).toBe('asset/14 too many parents')
  })

  test('are named once, whatever the relation', () => {
    const base = registry.confirmed('alice', 'base', open)
    const twice = below(parent(base), parent(base, 1, Relation.RELATION_EVALUATED_ON))
    expect(refusal(() => registry.register('bob', 'child', twice))).toBe('asset/13 parent named twice')
  })

  test.each([0, 10, 99])('with relation %i are refused', (relation) => {
    const base = registry.confirmed('alice', 'base', open)
    const parents = [parent(base, 1, relation as Relation)]
    expect(refusal(() => registry.register('bob', 'child', { parents }))).toBe('asset/6 invalid field')
  })

  test('under a licence are refused as long as there are none', () => {
    const base = registry.confirmed('alice', 'base', open)
    const parents = [{ ...parent(base), licenseId: 1n }]
    expect(refusal(() => registry.register('bob', 'child', { parents }))).toBe('asset/19 not supported yet')
  })
})

describe('derivatives', () => {
  test('of others: OPEN takes them, LICENSED wants a licence, FORBIDDEN refuses', () => {
    const [licensed, forbidden] = [{}, { derivatives: FORBIDDEN }].map((more, i) =>
      registry.confirmed('alice', `base-${i}`, more),
    ) as [bigint, bigint]
    const opened = registry.confirmed('alice', 'base-open', open)
    const child = (base: bigint) => () =>
      registry.register('bob', `child-${base}`, { parents: [parent(base)] })
    expect(refusal(child(opened))).toBe('accepted')
    expect(refusal(child(licensed))).toBe('asset/17 parent requires a licence')
    expect(refusal(child(forbidden))).toBe('asset/16 parent permits no derivatives of others')
  })

  test('of one’s own are free under all three', () => {
    for (const derivatives of [0, 1, 2, 3]) {
      const base = registry.confirmed('alice', `base-${derivatives}`, { derivatives })
      const child = () => registry.register('alice', `child-${derivatives}`, { parents: [parent(base)] })
      expect(refusal(child)).toBe('accepted')
    }
  })

  test('left out are LICENSED', () => {
    const base = registry.confirmed('alice', 'base')
    expect(registry.version(base).derivatives).toBe(Derivatives.DERIVATIVES_LICENSED)
  })
})

describe('training data', () => {
  const trained = (data: bigint, who: string, relation: Relation) => () =>
    registry.register(who, `by-${who}-${relation}-${data}`, {
      parents: [parent(data, 1, relation as Relation)],
    })

  test.each([Relation.RELATION_TRAINED_ON, Relation.RELATION_DISTILL])(
    'relation %i needs train',
    (relation) => {
      const of = (train: number) =>
        registry.confirmed('alice', `data-${train}`, { ...open, ...trainOnly(train) })
      const allowed = of(Permission.PERMISSION_ALLOWED)
      const constrained = of(Permission.PERMISSION_CONSTRAINED)
      const notAllowed = of(Permission.PERMISSION_NOT_ALLOWED)
      expect(refusal(trained(allowed, 'bob', relation))).toBe('accepted')
      expect(refusal(trained(constrained, 'bob', relation))).toBe('asset/17 parent requires a licence')
      expect(refusal(trained(notAllowed, 'bob', relation))).toBe('asset/18 parent may not be trained on')
      expect(refusal(trained(constrained, 'alice', relation))).toBe('accepted')
      expect(refusal(trained(notAllowed, 'alice', relation))).toBe('asset/18 parent may not be trained on')
    },
  )

  test('other relations do not ask for it', () => {
    const data = registry.confirmed('alice', 'data', {
      ...open,
      ...trainOnly(Permission.PERMISSION_NOT_ALLOWED),
    })
    for (const relation of [1, 2, 3, 4, 7, 8, 9] as const)
      expect(refusal(trained(data, 'bob', relation))).toBe('accepted')
  })
})

import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { MsgAddLineage, MsgSetStatus, MsgUpdateParams } from '#gen/wadi/asset/v1/tx.ts'
import { Derivatives, Permission, Relation } from '#gen/wadi/asset/v1/types.ts'
import { account, assetFields, digestOf, FUNDS, Registry, refusal } from '../../test/support/registry.ts'

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

describe('a late link', () => {
  test('is recorded with both controllers’ signatures, for the price of its bytes', () => {
    const base = registry.confirmed('alice', 'base', { derivatives: FORBIDDEN })
    const child = registry.confirmed('bob', 'child')
    const spent = FUNDS - registry.balance(account('bob'))
    late(child, parent(base), 'bob', 'alice')
    const bytes = MsgAddLineage.encode(
      MsgAddLineage.fromPartial({
        controller: account('bob'),
        parentController: account('alice'),
        assetId: child,
        version: 1,
        parent: parent(base),
      }),
    ).finish().length
    expect(FUNDS - registry.balance(account('bob'))).toBe(spent + 10n ** 13n * BigInt(bytes))
    const { version, parents } = registry.query('Version', { assetId: child, version: 1 })
    expect([version.depth, version.parentCount, parents[0].assetId]).toEqual([1, 1, base])
    registry.endBlock()
  })

  test('without the second controller is refused', () => {
    const base = registry.confirmed('alice', 'base', open)
    const child = registry.confirmed('bob', 'child')
    for (const other of ['bob', 'carol']) {
      expect(refusal(() => late(child, parent(base), 'bob', other))).toBe(
        'asset/25 signer does not control the parent',
      )
    }
    expect(refusal(() => late(child, parent(base), 'alice', 'alice'))).toBe(
      'asset/5 signer does not control the asset',
    )
  })

  test('to a reference needs no second signature, and takes no other name in its place', () => {
    const base = registry.registerReference('carol', 'base').assetId
    registry.endBlock(21)
    const child = registry.confirmed('bob', 'child')
    expect(refusal(() => late(child, parent(base), 'bob', 'carol'))).toBe(
      'asset/25 signer does not control the parent',
    )
    expect(refusal(() => late(child, parent(base), 'bob', 'bob'))).toBe('accepted')
    registry.endBlock()
  })

  test('to a younger version is refused, so no order of links makes a cycle', () => {
    const first = registry.confirmed('alice', 'first', open)
    const second = registry.confirmed('alice', 'second', below(parent(first)))
    expect(refusal(() => late(first, parent(second)))).toBe(
      'asset/23 parent was not registered before its child',
    )
    expect(refusal(() => late(first, parent(first)))).toBe(
      'asset/23 parent was not registered before its child',
    )
  })

  test('that is there already is refused', () => {
    const first = registry.confirmed('alice', 'first', open)
    const second = registry.confirmed('alice', 'second', below(parent(first)))
    expect(refusal(() => late(second, parent(first)))).toBe('asset/13 parent named twice')
  })

  test('needs the parent’s permission to train like any other', () => {
    const data = registry.confirmed('alice', 'data', trainOnly(Permission.PERMISSION_NOT_ALLOWED))
    const child = registry.confirmed('bob', 'child')
    const link = () => late(child, parent(data, 1, Relation.RELATION_TRAINED_ON), 'bob', 'alice')
    expect(refusal(link)).toBe('asset/18 parent may not be trained on')
  })

  test('is refused to PROVISIONAL and VOID children and parents', () => {
    const base = registry.confirmed('alice', 'base', open)
    const fresh = registry.register('alice', 'fresh', open).assetId
    expect(refusal(() => late(fresh, parent(base)))).toBe(
      'asset/11 the status of the version does not allow this',
    )
    registry.endBlock(21)
    const provisional = registry.register('alice', 'older', open).assetId
    const child = registry.confirmed('alice', 'newer', open)
    expect(refusal(() => late(child, parent(provisional)))).toBe('accepted')
    const young = registry.register('alice', 'young', open).assetId
    expect(refusal(() => late(child, parent(young)))).toBe('asset/12 parent takes no children')
  })

  test('binds a revoked version too: revoking is no way out of one’s lineage', () => {
    const base = registry.confirmed('alice', 'base', open)
    const child = registry.confirmed('bob', 'child')
    for (const status of [3, 4])
      registry.run(MsgSetStatus, { controller: account('bob'), assetId: child, version: 1, status })
    expect(refusal(() => late(child, parent(base), 'bob', 'alice'))).toBe('accepted')
    registry.endBlock()
  })

  test('without a parent is refused', () => {
    const child = registry.confirmed('alice', 'child')
    const fields = {
      controller: account('alice'),
      parentController: account('alice'),
      assetId: child,
      version: 1,
    }
    expect(refusal(() => registry.run(MsgAddLineage, fields))).toBe('asset/6 invalid field')
  })

  test('deepens every descendant by what the longest chain grows', () => {
    // top → a → b → c and a → c by itself; then a gets a parent of depth 2.
    const [one, two, three] = chain('x', 3)
    const a = registry.confirmed('alice', 'a', open)
    const b = registry.confirmed('alice', 'b', below(parent(a)))
    const c = registry.confirmed('alice', 'c', below(parent(b), parent(a)))
    expect([one, two, three, a, b, c].map((id) => registry.version(id as bigint).depth)).toEqual([
      0, 1, 2, 0, 1, 2,
    ])
    late(a, parent(three as bigint))
    expect([a, b, c].map((id) => registry.version(id).depth)).toEqual([3, 4, 5])
    registry.endBlock()
  })

  test('that looks at 1,000 descendants is accepted, at 1,001 refused', () => {
    setParams({ walkPage: 5 })
    const base = registry.confirmed('alice', 'base', open)
    const [five, six] = [5, 6].map((count) => {
      const top = registry.confirmed('alice', `top-${count}`, open)
      for (let i = 0; i < count; i++) registry.register('alice', `leaf-${count}-${i}`, below(parent(top)))
      return top
    }) as [bigint, bigint]
    expect(refusal(() => late(five, parent(base)))).toBe('accepted')
    expect(refusal(() => late(six, parent(base)))).toBe('asset/24 too many descendants to deepen')
    registry.endBlock()
  })
})

describe('depth', () => {
  test('of 10,000 links is accepted, of 10,001 refused', () => {
    // A line of 10,000 versions, made where 10,000 registrations would take long: in genesis.
    registry = new Registry({ genesis: lineOf(10_000) })
    const on = (version: number, text: string) => () =>
      registry.registerVersion('alice', 1n, text, below(parent(1n, version)))
    expect(refusal(on(10_000, 'last'))).toBe('accepted')
    expect(registry.version(1n, 10_001).depth).toBe(10_000)
    registry.endBlock(21)
    expect(refusal(on(10_001, 'one more'))).toBe('asset/15 lineage too deep')
    const child = registry.confirmed('alice', 'child', open)
    expect(refusal(() => late(child, parent(1n, 10_001)))).toBe('asset/15 lineage too deep')
    expect(refusal(() => late(child, parent(1n, 10_000)))).toBe('accepted')
  })

  test('is held to its limit by late links wherever they deepen', () => {
    setParams({ maxDepth: 4 })
    const [, , three] = chain('x', 3) as [bigint, bigint, bigint]
    const [a, b] = chain('y', 2) as [bigint, bigint]
    expect(refusal(() => late(a, parent(three)))).toBe('accepted')
    expect(registry.version(b).depth).toBe(4)
    const [c] = chain('z', 3) as [bigint]
    expect(refusal(() => late(c, parent(three)))).toBe('asset/15 lineage too deep')
    expect(registry.version(c).depth).toBe(0)
    registry.endBlock()
  })
})

describe('any order of versions and links', () => {
  test('keeps seq rising, depths exact and the graph without cycles', () => {
    const step = fc.record({
      kind: fc.constantFrom('asset', 'version', 'link'),
      a: fc.nat(30),
      b: fc.nat(30),
      c: fc.nat(30),
    })
    let links = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        registry = new Registry()
        setParams({ contestWindow: 1 })
        const known: { assetId: bigint; version: number }[] = []
        const pick = (n: number) => known[n % Math.max(known.length, 1)]
        for (const [i, { kind, a, b, c }] of steps.entries()) {
          const [x, y, z] = [pick(a), pick(b), pick(c)]
          const parents = [...new Set([x, y])]
            .filter((v) => v !== undefined)
            .map((v) => ({ ...v, relation: 1 }))
          const made = attempt(() => {
            if (kind === 'asset' || z === undefined) {
              return { ...registry.register('alice', `s${i}`, below(...parents)), version: 1 }
            }
            if (kind === 'version') {
              const next = registry.registerVersion('alice', z.assetId, `v${i}`, below(...parents))
              return { assetId: z.assetId, version: next.version }
            }
            const [controller, parentController] = [account('alice'), account('alice')]
            registry.run(MsgAddLineage, { controller, parentController, ...z, parent: { ...x, relation: 1 } })
            links++
            return undefined
          })
          if (made !== undefined) known.push({ assetId: made.assetId, version: made.version })
          registry.endBlock(2)
        }
        // Every ancestor is older, so nobody is its own; depths are held to the links by an invariant.
        for (const at of known) {
          const up = registry.query('Ancestors', { ...at }).ancestors as { seq: bigint }[]
          expect(up.some(({ seq }) => seq >= registry.version(at.assetId, at.version).seq)).toBe(false)
        }
      }),
      { numRuns: 40 },
    )
    expect(links).toBeGreaterThan(20)
  })
})

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if ((error as { codespace?: string }).codespace !== 'asset') throw error
    return undefined
  }
}

/** Assets of alice, each derived from the one before. */
function chain(name: string, length: number): bigint[] {
  const assets: bigint[] = []
  for (let i = 0; i < length; i++) {
    const over = assets.at(-1)
    assets.push(
      registry.confirmed('alice', `${name}-${i}`, below(...(over === undefined ? [] : [parent(over)]))),
    )
  }
  return assets
}

/** Genesis with one asset of alice whose every version is derived from the one before. */
function lineOf(length: number) {
  const asset = {
    ...assetFields('alice', 'line'),
    ...{ id: 1n, creator: account('alice'), status: 2, latestVersion: length },
  }
  const versions = Array.from({ length }, (_, i) => ({
    ...{ seq: BigInt(i + 1), assetId: 1n, version: i + 1, status: 2, derivatives: OPEN, depth: i },
    content: { scheme: 1, rootDigest: digestOf(`line ${i}`), sizeBytes: 1n, fileCount: 1 },
    parentCount: i === 0 ? 0 : 1,
    priority: { height: 1n, index: BigInt(i + 1) },
  }))
  const links = versions
    .slice(1)
    .map(({ seq }) => ({ childSeq: seq, parentSeq: seq - 1n, relation: FINETUNE }))
  return { assets: [asset], versions, links }
}

function setParams(changes: object): void {
  registry.run(MsgUpdateParams, { authority: registry.authority, params: { ...registry.params, ...changes } })
}

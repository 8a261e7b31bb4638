import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { chain } from '#modules/chain.ts'
import { TestChain } from '../../src/testing/chain.ts'
import { cast } from './actors.ts'
import { Counters } from './counters.ts'
import { Generators } from './generators.ts'
import { simulationGenesis } from './genesis.ts'
import { bankMessages } from './messages/bank.ts'
import { type Verdict, verdictOf } from './protocol.ts'
import { Random } from './random.ts'
import { ReplicaProcess } from './replicas.ts'
import { simulate } from './simulation.ts'

const BLOCKS = 400

describe('a simulation', () => {
  // The whole is `npm run simulate`; these seeds are its sample.
  test.each([1, 2])(
    'of seed %i: three replicas agree and every invariant holds',
    async (seed) => {
      const report = await simulate({ seed, blocks: BLOCKS, replicas: 3 })
      console.log(`seed ${seed}, app hash ${report.appHash}\n${report.counters.table()}`)
      expect(report.shortfalls).toEqual([])
      expect(report.counters.blocks).toBe(BLOCKS - 1)
      expect(new Set(report.places).size).toBe(2)
      expect(report.kills).toBe(3)
      expect(report.restarts).toBeGreaterThan(0)
    },
    300_000,
  )

  test('of one seed comes to the same state each time, of another to another one', async () => {
    const hash = async (seed: number) => (await simulate({ seed, blocks: 12, replicas: 1 })).appHash
    expect(await hash(5)).toBe(await hash(5))
    expect(await hash(5)).not.toBe(await hash(6))
  })
})

describe('a replica that comes to something else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wadi-replica-'))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test.each<[string, (right: Verdict) => Verdict, RegExp]>([
    ['app hash', (right) => ({ ...right, appHash: '00' }), /^replica 1 .* differs at height 1: app hash/],
    ['result', (right) => ({ ...right, results: ['00'] }), /height 1: result of transaction 0, a message/],
    ['event', (right) => ({ ...right, block: '00' }), /height 1: events of the block/],
  ])('in an %s is found', async (_, change, problem) => {
    const genesis = simulationGenesis(cast())
    const chainId = 'wadi-simulation-1'
    const replica = new ReplicaProcess({ index: 1, folder, chainId, genesis, random: new Random('r') })
    try {
      await replica.start()
      const leader = TestChain.create(chain, { genesis, chainId })
      const txs = [Uint8Array.of(1)]
      const right = verdictOf(leader.nextBlock(txs))
      const time = leader.time.seconds
      await replica.execute({ height: 1, time, txs }, change(right), ['a message'])
      await expect(replica.finish()).rejects.toThrow(problem)
    } finally {
      replica.abandon()
    }
  })
})

describe('a run falls short', () => {
  test('where a message of the chain has no generator, or a generator no message', () => {
    expect(() => new Generators(chain, bankMessages)).toThrow(
      /no generator .* wadi\.asset\.v1\.MsgRegisterAsset/,
    )
    const strange = { 'wadi.none.v1.MsgNothing': [1, () => undefined] } as const
    const served = new Map([...chain.messages].filter(([url]) => url.includes('.bank.')))
    expect(() => new Generators({ ...chain, messages: served }, { ...bankMessages, ...strange })).toThrow(
      'wadi.none.v1.MsgNothing',
    )
  })

  test('where a message is accepted too seldom, blocks are thin, half is refused, or a forgery is not', () => {
    const counters = new Counters(['a.Msg', 'b.Msg'])
    const ok = {
      code: 0,
      codespace: '',
      log: '',
      info: '',
      data: new Uint8Array(),
      gasWanted: 0,
      gasUsed: 0,
      events: [],
    }
    const forged = {
      typeNames: [],
      bytes: new Uint8Array(),
      fault: 'another chain',
      mode: 'direct',
      kinds: [],
    } as const
    const tx = {
      bytes: new Uint8Array(),
      typeNames: ['a.Msg'],
      fault: undefined,
      mode: 'direct',
      kinds: [],
    } as const
    const refused = { ...ok, code: 5 }
    counters.block([tx, tx, tx], [ok, refused, refused])
    counters.block([tx, tx, forged, tx, tx], [refused, refused, ok, refused, refused])
    const found = counters.shortfalls(1, 4)
    expect(found).toContain('a block had 3 transactions, due are 4')
    expect(found).toContain('2 of 8 transactions were accepted, due is half')
    expect(found).toContain('b.Msg was accepted 0 times, due are 1')
    expect(found).toContain('multisig signed amino too seldom')
    expect(found).toContain('1 transactions with another chain were accepted')
    expect(found.some((text) => text.startsWith('a.Msg'))).toBe(false)
  })
})

import { ed25519 } from '@noble/curves/ed25519.js'
import { afterEach, describe, expect, test } from 'vitest'
import { precommitSignBytes } from '#lib/block-hash.ts'
import type { AbciApp } from '../../src/abci/types.ts'
import type { BlockMeta } from '../../src/solo/chain-store.ts'
import { until } from '../e2e/solo-kit.ts'
import { CHAIN_ID, type KitOptions, type SoloKit, sendTx, startSoloKit } from './solo-kit.ts'

const open: SoloKit[] = []

async function start(options: KitOptions = {}): Promise<SoloKit> {
  const kit = await startSoloKit(options)
  open.push(kit)
  return kit
}

afterEach(async () => {
  for (const kit of open.splice(0)) await kit.remove()
})

const metaAt = (kit: SoloKit, height: number): BlockMeta => kit.node.store.meta(height) as BlockMeta

/** The same node once more, over what the first one left. */
async function restart(kit: SoloKit, options: KitOptions = {}): Promise<SoloKit> {
  open.splice(open.indexOf(kit), 1)
  await kit.close()
  return start({ folder: kit.folder, state: kit.state, ...options })
}

/** The application, which dies when a method is called for the n-th time. */
function dying(method: 'finalizeBlock' | 'commit' | 'checkTx', at: number): (app: AbciApp) => AbciApp {
  let calls = 0
  return (app) => ({
    ...app,
    [method]: (...args: never[]) => {
      if (++calls === at) throw new Error('killed')
      return (app[method] as (...args: never[]) => unknown)(...args)
    },
  })
}

describe('blocks', () => {
  test('the first is made at once, at the time of genesis', async () => {
    const kit = await start()
    expect(kit.node.store.height).toBe(1)
    expect(metaAt(kit, 1).header.time).toEqual({ seconds: 1_767_323_045n, nanos: 678_000_000 })
    expect(metaAt(kit, 1).lastCommit.signatures).toEqual([])
  })

  test('each names the one before, carries its signed commit, and its time is that of the signature', async () => {
    const kit = await start()
    for (let i = 0; i < 3; i++) kit.node.miner.mine()
    const { publicKey } = kit.node.genesis.validator
    for (let height = 2; height <= 4; height++) {
      const { header, lastCommit } = metaAt(kit, height)
      const before = metaAt(kit, height - 1)
      expect(header.lastBlockId).toEqual(before.id)
      for (const commit of [lastCommit, before.seenCommit]) {
        const [signed] = commit.signatures
        const timestamp = signed?.timestamp as { seconds: bigint; nanos: number }
        const vote = { height: BigInt(height - 1), round: 0, blockId: before.id, timestamp }
        const bytes = precommitSignBytes(CHAIN_ID, vote)
        expect(ed25519.verify(signed?.signature as Uint8Array, bytes, publicKey)).toBe(true)
      }
      expect(lastCommit.signatures[0]?.timestamp).toEqual(header.time)
    }
  })

  test('their time goes forward, though the clock stands still or goes back', async () => {
    const kit = await start({ clock: () => Date.parse('2020-01-01T00:00:00Z') })
    const times = [1, 2, 3].map(() => kit.node.miner.mine()?.header.time)
    // A millisecond after the block before.
    expect(times.map((time) => time?.nanos)).toEqual([679_000_000, 680_000_000, 681_000_000])
  })

  test('hold what waits, in the order in which it came', async () => {
    const kit = await start()
    const txs = [sendTx(kit, 0, 1, 1n), sendTx(kit, 0, 1, 2n), sendTx(kit, 2, 1, 3n)]
    for (const tx of txs) expect(kit.node.addTx(tx).code).toBe(0)
    const block = kit.node.miner.mine()
    expect(block?.txs.map(({ tx }) => tx)).toEqual(txs)
    expect(block?.txs.map(({ result }) => result.code)).toEqual([0, 0, 0])
    expect(kit.node.producer.mempool.size).toBe(0)
    expect(kit.node.store.txsOf(2).map((tx) => Buffer.from(tx))).toEqual(txs.map((tx) => Buffer.from(tx)))
  })
})

describe('mining', () => {
  test('makes a block when a transaction waits, and one for all that came together', async () => {
    const kit = await start({ mining: { kind: 'instant', idleMs: 3_600_000 } })
    for (const amount of [1n, 2n, 3n]) kit.node.addTx(sendTx(kit, 0, 1, amount))
    await until('the block', () => kit.node.store.height === 2)
    expect(kit.node.store.meta(2)?.txCount).toBe(3)
    await new Promise((done) => setTimeout(done, 50))
    expect(kit.node.store.height).toBe(2)
  })

  test('makes blocks where nobody sends anything', async () => {
    const kit = await start({ mining: { kind: 'instant', idleMs: 10 } })
    await until('three blocks', () => kit.node.store.height >= 4)
  })

  test('waits for its time where it is timed', async () => {
    const kit = await start({ mining: { kind: 'timed', ms: 200 } })
    kit.node.addTx(sendTx(kit, 0, 1, 1n))
    expect(kit.node.store.height).toBe(1)
    await until('the block', () => kit.node.store.height >= 2)
    expect(kit.node.store.meta(2)?.txCount).toBe(1)
  })

  test('makes none of its own accord where it is manual', async () => {
    const kit = await start()
    kit.node.addTx(sendTx(kit, 0, 1, 1n))
    await new Promise((done) => setTimeout(done, 100))
    expect(kit.node.store.height).toBe(1)
  })
})

describe('after an end of the process', () => {
  test('the chain goes on from its last block', async () => {
    const first = await start()
    first.node.addTx(sendTx(first, 0, 1, 5n))
    first.node.miner.mine()
    const { id } = metaAt(first, 2)
    const second = await restart(first)
    expect(second.replayed).toBe(0)
    expect(metaAt(second, 2).id).toEqual(id)
    second.node.miner.mine()
    expect(metaAt(second, 3).header.lastBlockId).toEqual(id)
  })

  test('a block that was stored and not committed by the application is executed again', async () => {
    // Commit is called for blocks 1, 2 and 3.
    const first = await start({ wrap: dying('commit', 3) })
    first.node.miner.mine()
    first.node.addTx(sendTx(first, 0, 1, 5n))
    expect(first.node.miner.mine()).toBeUndefined()
    expect((await first.node.failed).message).toBe('killed')
    expect(first.state.version).toBe(2)
    const second = await restart(first)
    expect(second.replayed).toBe(1)
    expect(second.state.version).toBe(3)
    expect(second.node.store.height).toBe(3)
    expect(second.node.store.resultsOf(3).map(({ code }) => code)).toEqual([0])
    second.node.miner.mine()
    expect(second.node.store.height).toBe(4)
  })

  test('a block that was executed and not stored never was', async () => {
    const first = await start({ wrap: dying('finalizeBlock', 2) })
    first.node.addTx(sendTx(first, 0, 1, 5n))
    expect(first.node.miner.mine()).toBeUndefined()
    const second = await restart(first)
    expect(second.replayed).toBe(0)
    expect(second.node.store.height).toBe(1)
    second.node.miner.mine()
    expect(second.node.store.meta(2)?.txCount).toBe(0)
  })

  test('the application gets all blocks again where it lost its state', async () => {
    const first = await start()
    for (let i = 0; i < 3; i++) {
      first.node.addTx(sendTx(first, 0, 1, 5n))
      first.node.miner.mine()
    }
    const { appHash } = first.state
    open.splice(open.indexOf(first), 1)
    await first.close()
    const second = await start({ folder: first.folder })
    expect(second.replayed).toBe(4)
    expect(second.state.appHash).toEqual(appHash)
  })

  test('an application that is ahead of the blocks is refused', async () => {
    const first = await start()
    first.node.miner.mine()
    const { state } = first
    await expect(start({ state })).rejects.toThrow(
      /the application is at height 2, but blocks are stored up to 0/,
    )
  })
})

describe('an application that throws', () => {
  test('ends mining, and nothing is taken any more', async () => {
    const kit = await start({ wrap: dying('checkTx', 1) })
    expect(() => kit.node.addTx(sendTx(kit, 0, 1, 1n))).toThrow('killed')
    expect((await kit.node.failed).message).toBe('killed')
  })
})

import { beforeEach, describe, expect, test } from 'vitest'
import { MsgUpdateParams } from '#gen/cosmos/consensus/v1/tx.ts'
import { toHex } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import { bank } from '#modules/bank/api.ts'
import { GenesisError } from '../../src/app/genesis.ts'
import { AssertionError } from '../../src/kernel/errors.ts'
import { defineModule, type Module } from '../../src/kernel/module.ts'
import { testAccounts } from '../../src/testing/accounts.ts'
import { TEST_CONSENSUS_PARAMS, type TestChain } from '../../src/testing/chain.ts'
import { authority, FUNDS } from '../../src/testing/genesis.ts'
import { MemoryState } from '../../src/testing/memory-state.ts'
import { message } from '../../src/testing/types.ts'
import { faultAccount, outcome, send, wadiChain } from '../support/wadi-chain.ts'

const { alice, bob } = testAccounts('alice', 'bob')
const options = { accounts: [alice, bob] }
let chain: TestChain
beforeEach(() => {
  chain = wadiChain(options)
})
const finalize = (of: TestChain, txs: readonly Uint8Array[] = []) =>
  of.app.finalizeBlock({ ...of.blockRequest(txs), decidedLastCommit: undefined }, [])

describe('Info', () => {
  test('knows nothing before the first block, and height and hash after it', () => {
    expect(chain.app.info()).toEqual({
      data: 'wadi',
      version: 'test',
      appVersion: 1n,
      lastBlockHeight: 0,
      lastBlockAppHash: new Uint8Array(),
    })
    const { appHash } = chain.nextBlock()
    expect(chain.app.info()).toMatchObject({ lastBlockHeight: 1, lastBlockAppHash: appHash })
  })
})

describe('InitChain', () => {
  test('answers with sha256 of nothing, as the Cosmos SDK does', () => {
    expect(toHex(chain.initChain().appHash)).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
    expect(chain.initChain().appHash).toEqual(sha256(new Uint8Array()))
  })

  test('may come again before block 1, and what the first one wrote is gone', () => {
    const other = wadiChain(options)
    chain.initChain()
    chain.initChain()
    expect(chain.nextBlock().appHash).toEqual(other.nextBlock().appHash)
  })

  test('after a block is refused', () => {
    chain.nextBlock()
    expect(() => chain.initChain()).toThrow("InitChain at height 1: CometBFT's data is older than ours")
  })

  test('with consensus parameters that cannot be names them', () => {
    const consensusParams = { ...TEST_CONSENSUS_PARAMS, block: { maxBytes: 0n, maxGas: -1n } }
    const start = () => wadiChain({ ...options, consensusParams })
    expect(start).toThrow(GenesisError)
    expect(start).toThrow('consensus_params: block.max_bytes 0 is neither -1 nor within 1…104857600')
  })
})

describe('blocks come', () => {
  test('one after the other', () => {
    chain.nextBlock()
    const request = { ...chain.blockRequest([]), decidedLastCommit: undefined }
    for (const height of [1, 3]) {
      expect(() => chain.app.finalizeBlock({ ...request, height }, [])).toThrow(
        `block ${height} came where 2 was due`,
      )
    }
  })

  test('and are committed before the next', () => {
    finalize(chain)
    expect(() => finalize(chain)).toThrow('block 1 came before block 1 was committed')
  })

  test('and are finalized before they are committed', () => {
    expect(() => chain.app.commit()).toThrow(AssertionError)
    chain.nextBlock()
    expect(() => chain.app.commit()).toThrow('Commit came before FinalizeBlock')
  })

  test('with a result for every transaction', () => {
    const txs = [new Uint8Array(), alice.tx(chain, [send(alice, bob)]), new Uint8Array([255])]
    expect(chain.nextBlock(txs).results.map(({ code }) => code === 0)).toEqual([false, true, false])
  })
})

describe('a lost connection', () => {
  test('drops a block that was finalized and not committed, and the block comes again to the same hash', () => {
    chain.nextBlock()
    const tx = alice.tx(chain, [send(alice, bob)])
    const first = finalize(chain, [tx])
    chain.app.disconnected()
    expect(chain.height).toBe(1)
    expect(finalize(chain, [tx]).appHash).toEqual(first.appHash)
    chain.app.commit()
    expect(chain.height).toBe(2)
  })

  test('drops genesis too, which comes again', () => {
    const expected = wadiChain(options).nextBlock().appHash
    chain.app.disconnected()
    chain.initChain()
    expect(chain.nextBlock().appHash).toEqual(expected)
  })

  test('drops what CheckTx has seen: the same sequence is good once more', () => {
    chain.nextBlock()
    const tx = alice.tx(chain, [send(alice, bob)])
    expect(outcome(chain.checkTx(tx))).toBe('ok')
    expect(chain.checkTx(tx).code).toBe(32)
    chain.app.disconnected()
    expect(outcome(chain.checkTx(tx))).toBe('ok')
  })
})

describe('CheckTx', () => {
  test('lets one account send several, and counts from the committed state after each block', () => {
    chain.nextBlock()
    const txs = [1, 2].map(() => alice.tx(chain, [send(alice, bob)]))
    expect(txs.map((tx) => outcome(chain.checkTx(tx)))).toEqual(['ok', 'ok'])
    chain.nextBlock([txs[0] as Uint8Array])
    expect(outcome(chain.checkTx(txs[1] as Uint8Array, true))).toBe('ok')
    expect(chain.checkTx(txs[0] as Uint8Array, true).code).toBe(32)
  })

  test('does not execute messages', () => {
    chain.nextBlock()
    expect(outcome(chain.checkTx(alice.tx(chain, [send(alice, bob, FUNDS * 2n)])))).toBe('ok')
  })

  test('again after a block looks at balance, sequence and timeout', () => {
    chain.nextBlock()
    const dear = alice.tx(chain, [send(alice, bob)], { fee: FUNDS, sequence: 1n })
    const late = bob.tx(chain, [send(bob, alice)], { timeoutHeight: 2n })
    chain.nextBlock([alice.tx(chain, [send(alice, bob)], { sequence: 0n })])
    expect(outcome(chain.checkTx(dear, true))).toContain('sdk/5 spendable balance')
    expect(outcome(chain.checkTx(late, true))).toContain('sdk/30 block height: 3, timeout height: 2')
  })

  test('pays no regard to what is gone by: bytes that do not decode are code 2', () => {
    expect(chain.checkTx(new Uint8Array([1]), true)).toMatchObject({ code: 2, codespace: 'sdk' })
  })
})

test('a node that stops and starts goes on where it was, to the hashes of one that never stopped', () => {
  const steady = wadiChain(options)
  for (let height = 1; height <= 6; height++) {
    const txs = [alice.tx(chain, [send(alice, bob, BigInt(height))])]
    expect(chain.nextBlock(txs).appHash).toEqual(steady.nextBlock(txs).appHash)
    chain.restart()
  }
  expect(chain.chainId).toBe('wadi-test-1')
  expect(chain.time.seconds).toBe(1_700_000_006n)
})

test('changed consensus parameters are handed to CometBFT with the block that changed them, and once', () => {
  chain.nextBlock()
  const { block, evidence, validator } = TEST_CONSENSUS_PARAMS
  const update = (maxGas: bigint) =>
    message(MsgUpdateParams, {
      authority: authority.address,
      block: { maxBytes: block?.maxBytes ?? 0n, maxGas },
      evidence: evidence as never,
      validator: validator as never,
    })
  const changed = chain.nextBlock([authority.tx(chain, [update(5_000_000n)])])
  expect(changed.consensusParamUpdates?.block).toEqual({ maxBytes: 4_194_304n, maxGas: 5_000_000n })
  expect(chain.nextBlock().consensusParamUpdates).toBeUndefined()
  // and the next proposal keeps to them
  const big = alice.tx(chain, [send(alice, bob)], { gas: 5_000_001n })
  expect(chain.propose([big]).txs).toEqual([])
})

describe('a broken invariant', () => {
  const thief: Module = defineModule({
    name: 'thief',
    version: 1,
    accounts: [faultAccount],
    endBlock(ctx) {
      if (ctx.height === 3n) bank.mint(ctx, faultAccount, [{ denom: 'awadi', amount: 5n }])
    },
    invariants: { 'supply never grows': (ctx) => (ctx.height < 3n ? undefined : 'it grew') },
  })

  test('halts before Commit where invariants are checked, and nowhere else', () => {
    const checked = wadiChain({ ...options, modules: [thief] })
    checked.advanceBlocks(2)
    expect(() => checked.nextBlock()).toThrow(
      'invariant broken at height 3: thief: supply never grows: it grew',
    )
    expect(checked.height).toBe(2)
    checked.restart({ checkInvariants: false })
    expect(checked.nextBlock().height).toBe(3)
  })
})

describe('a program whose state has another format', () => {
  const notes: string[] = []
  const grown = (version: number): Module =>
    defineModule({
      name: 'grown',
      version,
      migrations: { 1: (ctx) => void notes.push(`migrated at ${ctx.height}`) },
    })
  const state = () => new MemoryState([...chain.chain.stores])

  test('refuses to start, and migrates at the height of the upgrade', () => {
    const kept = state()
    wadiChain({ ...options, modules: [grown(1)], state: kept }).advanceBlocks(2)
    const open = (upgradeHeight?: number) =>
      wadiChain({
        ...options,
        modules: [grown(2)],
        state: kept,
        ...(upgradeHeight === undefined ? {} : { upgradeHeight }),
      })
    expect(() => open()).toThrow('the state has another format: grown 1 (this program: 2); start the program')
    expect(() => open(9)).toThrow('the state has another format')
    open(3).nextBlock()
    expect(notes).toEqual(['migrated at 3'])
    expect(open().nextBlock().height).toBe(4)
  })
})

test('block events say in which part of the block they arose', () => {
  const loud: Module = defineModule({
    name: 'loud',
    version: 1,
    beginBlock: (ctx) => ctx.emitRaw('hello', ['height', `${ctx.height}`]),
    endBlock: (ctx) => ctx.emitRaw('bye', ['proposer', `${ctx.block.proposer.length}`]),
  })
  expect(wadiChain({ ...options, modules: [loud] }).nextBlock().events).toEqual([
    { type: 'hello', attributes: ['height', '1', 'mode', 'BeginBlock'] },
    { type: 'bye', attributes: ['proposer', '20', 'mode', 'EndBlock'] },
  ])
})

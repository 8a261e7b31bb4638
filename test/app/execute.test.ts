import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { QueryDefinition } from '#gen/cosmos/bank/v1beta1/query.ts'
import { MsgMultiSend, MsgSend, MsgSendResponse } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { TxMsgData } from '#gen/cosmos/base/abci/v1beta1/abci.ts'
import { AuthInfo, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { toBase64 } from '#lib/bytes.ts'
import { AssertionError } from '../../src/kernel/errors.ts'
import { testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { FUNDS } from '../../src/testing/genesis.ts'
import { message } from '../../src/testing/types.ts'
import { faulty, outcome, send, wadiChain } from '../support/wadi-chain.ts'

const { alice, bob, eve } = testAccounts('alice', 'bob', 'eve')
const faults = ['assert', 'date', 'random', 'refuse', 'stack', 'type'].map((name) => ({
  denom: `bug/${name}`,
  amount: '1000',
}))
const bugs: unknown[] = []
const options = {
  accounts: [alice, bob],
  coins: { [alice.address]: [{ denom: 'awadi', amount: `${FUNDS}` }, ...faults] },
  modules: [faulty],
  log: (level: string, text: string, fields?: Readonly<Record<string, unknown>>) =>
    void bugs.push([level, text, fields?.['error']]),
}
let chain: TestChain
beforeEach(() => {
  bugs.length = 0
  chain = wadiChain(options)
  chain.nextBlock()
})
const balance = (address: string, denom = 'awadi') =>
  BigInt(chain.query(QueryDefinition, 'balance', { address, denom }).balance?.amount ?? '0')
const feePool = 'wadi17xpfvakm2amg962yls6f84z3kell8c5l2hklz5' // sha256("fee_collector"), first 20 bytes

describe('gas', () => {
  test('that runs out in a message keeps the fee and the sequence, drops the message, and is all used', () => {
    const fee = 500n
    const enough = alice.tx(chain, [send(alice, eve)], { gas: 100_000n, fee, sequence: 0n })
    const short = BigInt(chain.simulate(enough).gasUsed) - 1n
    const result = chain.deliver(alice.tx(chain, [send(alice, eve)], { gas: short, fee, sequence: 0n }))
    // a shorter varint of gas makes the transaction no longer than the simulated one
    expect(outcome(result)).toBe(
      `sdk/11 out of gas in location: WriteFlat; gasWanted: ${short}, gasUsed: ${result.gasUsed}: out of gas`,
    )
    expect(result.gasWanted).toBe(Number(short))
    expect(result.gasUsed).toBeGreaterThan(result.gasWanted)
    expect(balance(eve.address)).toBe(0n)
    expect(balance(alice.address)).toBe(FUNDS - 500n)
    expect(alice.next(chain).sequence).toBe(1n)
  })

  test('that runs out before the messages keeps nothing', () => {
    const before = chain.dump()
    const result = chain.deliver(alice.tx(chain, [send(alice, eve)], { gas: 5_000n, fee: 500n }))
    expect(result).toMatchObject({ code: 11, codespace: 'sdk', events: [] })
    expect(chain.dump()).toEqual(before)
  })

  test('used is the same in every execution of the same transaction on the same state', () => {
    const tx = alice.tx(chain, [send(alice, eve)])
    const other = wadiChain(options)
    other.nextBlock()
    expect(chain.deliver(tx).gasUsed).toBe(other.deliver(tx).gasUsed)
  })

  test('of one more byte of memo is ten', () => {
    const used = (memo: string) =>
      chain.simulate(alice.tx(chain, [send(alice, bob)], { memo, sequence: 0n })).gasUsed
    // a memo of one byte adds tag and length as well
    expect(used('ab') - used('a')).toBe(10)
    expect(used('a') - used('')).toBe(30)
  })
})

describe('messages are all or nothing:', () => {
  test('a second that fails takes back the first, and the fee stays paid', () => {
    const result = chain.deliver(
      alice.tx(chain, [send(alice, eve, 5n), send(alice, eve, FUNDS)], { fee: 700n }),
    )
    expect(outcome(result)).toBe(
      `sdk/5 spendable balance ${FUNDS - 705n}awadi is smaller than ${FUNDS}awadi: insufficient funds`,
    )
    expect(result.data).toHaveLength(0)
    expect(balance(eve.address)).toBe(0n)
    expect([balance(alice.address), balance(feePool)]).toEqual([FUNDS - 700n, 700n])
  })

  test('the events of one that failed are only those of the ante handler', () => {
    const result = chain.deliver(
      alice.tx(chain, [send(alice, eve, 5n), send(alice, eve, FUNDS)], { fee: 7n }),
    )
    expect(result.events.map(({ type }) => type)).toEqual([
      'coin_spent',
      'coin_received',
      'transfer',
      'message',
      'tx',
      'tx',
      'tx',
    ])
  })
})

test('events come in the order that wallets expect', () => {
  const tx = alice.tx(chain, [send(alice, bob, 5n), send(alice, eve, 6n)], { fee: 100n })
  const signature = toBase64(TxRaw.decode(tx).signatures[0] as Uint8Array)
  const { events } = chain.deliver(tx)
  const [from, pool] = [alice.address, feePool]
  const move = (to: string, amount: string, index: string[] = []) => [
    ['coin_spent', 'spender', from, 'amount', amount, ...index],
    ['coin_received', 'receiver', to, 'amount', amount, ...index],
    ['transfer', 'recipient', to, 'sender', from, 'amount', amount, ...index],
    ['message', 'sender', from, ...index],
  ]
  const action = ['message', 'action', '/cosmos.bank.v1beta1.MsgSend', 'sender', from, 'module', 'bank']
  // wire.md §4, and what the Cosmos SDK 0.53 emits for a bank send
  expect(events.map(({ type, attributes }) => [type, ...attributes])).toEqual([
    ...move(pool, '100awadi'),
    ['tx', 'fee', '100awadi', 'fee_payer', from],
    ['tx', 'acc_seq', `${from}/0`],
    ['tx', 'signature', signature],
    [...action, 'msg_index', '0'],
    ...move(bob.address, '5awadi', ['msg_index', '0']),
    [...action, 'msg_index', '1'],
    ...move(eve.address, '6awadi', ['msg_index', '1']),
  ])
})

test('the sender of a message event is the signer of that message, not of the transaction', () => {
  const tx = alice.tx(chain, [send(alice, eve), send(bob, eve)], { cosigners: [bob] })
  const actions = chain.deliver(tx).events.filter(({ attributes }) => attributes[0] === 'action')
  expect(actions.map(({ attributes }) => attributes[3])).toEqual([alice.address, bob.address])
})

test('data is TxMsgData with one response a message', () => {
  const { data } = chain.deliver(alice.tx(chain, [send(alice, bob), send(alice, bob)]))
  const response = {
    typeUrl: '/cosmos.bank.v1beta1.MsgSendResponse',
    value: MsgSendResponse.encode({}).finish(),
  }
  expect(TxMsgData.decode(data)).toEqual({ data: [], msgResponses: [response, response] })
})

describe('a handler that fails', () => {
  const bug = (name: string) => alice.tx(chain, [send(alice, bob, 3n), send(alice, bob, 1n, `bug/${name}`)])

  test('with a named error fails its transaction with codespace and code', () => {
    expect(outcome(chain.deliver(bug('refuse')))).toBe(
      'sdk/35 this denomination is refused: internal logic error',
    )
    expect(bugs).toEqual([])
  })

  test('with an exception that nobody named is code 1 undefined, reverted, and its stack logged', () => {
    const result = chain.deliver(bug('type'))
    expect(outcome(result)).toBe('undefined/1 internal')
    expect(balance(bob.address)).toBe(FUNDS)
    expect(alice.next(chain).sequence).toBe(1n)
    expect(bugs).toEqual([['error', 'a handler failed without a name', expect.any(TypeError)]])
  })

  test.each([
    ['a broken assertion', 'assert', 'a promise is broken'],
    ['the clock', 'date', 'Date was used while a block executed'],
    ['chance', 'random', 'Math.random was used while a block executed'],
    ['an overflow of the stack', 'stack', 'Maximum call stack size exceeded'],
  ])('with %s halts before Commit, and a restarted node goes on to the same hash', (_name, which, reason) => {
    const good = alice.tx(chain, [send(alice, bob, 3n)])
    const bad = bug(which)
    expect(() => chain.nextBlock([good, bad])).toThrow(reason)
    expect(chain.height).toBe(1)
    const healthy = wadiChain(options)
    healthy.nextBlock()

    chain.restart()
    expect(chain.nextBlock([good]).appHash).toEqual(healthy.nextBlock([good]).appHash)
    expect(chain.brokenInvariant()).toBeUndefined()
  })
})

describe('clock and chance', () => {
  const real = { now: Date.now, random: Math.random }
  afterEach(() => expect([Date.now, Math.random]).toEqual([real.now, real.random]))

  test('are back after a block, after one that halted too', () => {
    chain.nextBlock([alice.tx(chain, [send(alice, bob)])])
    expect(Math.random()).toBeLessThan(1)
    expect(() => chain.nextBlock([alice.tx(chain, [send(alice, bob, 1n, 'bug/date')])])).toThrow(
      AssertionError,
    )
    expect(Date.now()).toBeGreaterThan(0)
  })
})

describe('bytes that are no good transaction', () => {
  test('cost a block nothing: code 2 and no gas', () => {
    const result = chain.deliver(new Uint8Array([1, 2, 3]))
    expect(result).toMatchObject({ code: 2, codespace: 'sdk', gasUsed: 0, gasWanted: 0 })
  })

  test('beyond a mebibyte are refused unread', () => {
    expect(outcome(chain.checkTx(new Uint8Array(1_048_577)))).toBe(
      'sdk/21 1048577 bytes, at most 1048576: tx too large',
    )
  })

  test('with a message nobody serves are refused', () => {
    const unknown = { typeUrl: '/cosmos.gov.v1.MsgVote', value: new Uint8Array() }
    expect(outcome(chain.checkTx(alice.tx(chain, [unknown])))).toContain('sdk/2 unable to resolve type URL')
  })

  test('with an unknown field in a message are refused', () => {
    const value = new Uint8Array([...send(alice, bob).value, 0xa0, 0x06, 0x01]) // field 100
    const tx = alice.tx(chain, [{ typeUrl: `/${MsgSend.$type}`, value }])
    expect(outcome(chain.checkTx(tx))).toContain('TagNum: 100')
  })

  test('nested a hundred thousand deep are refused and overflow nothing', () => {
    let length = 0
    const layers: number[] = []
    for (let i = 0; i < 100_000; i++) {
      // field 2 of ModeInfo.Multi, a ModeInfo, whose field 2 is a Multi again
      const head = [0x12, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]
      layers.push(...head.reverse())
      length += 4
      if (length > 1_000_000) break
    }
    const nested = Uint8Array.from(layers.reverse())
    const modeInfo = [
      0x12,
      (nested.length & 0x7f) | 0x80,
      ((nested.length >> 7) & 0x7f) | 0x80,
      nested.length >> 14,
    ]
    const signerInfo = Uint8Array.from([...modeInfo, ...nested])
    const head = (field: number, { length: n }: Uint8Array) => [
      field,
      (n & 0x7f) | 0x80,
      ((n >> 7) & 0x7f) | 0x80,
      n >> 14,
    ]
    const authInfoBytes = Uint8Array.from([...head(0x0a, signerInfo), ...signerInfo])
    const bodyBytes = TxBody.encode(TxBody.fromPartial({ messages: [send(alice, bob)] })).finish()
    const tx = TxRaw.encode({ bodyBytes, authInfoBytes, signatures: [] }).finish()
    expect(outcome(chain.checkTx(tx))).toMatch(/^sdk\/2 .*nested too deeply/)
  })

  test('made of a good one by changing any byte are never executed', () => {
    const tx = alice.tx(chain, [send(alice, bob)], { fee: 5n, memo: 'm' })
    const before = chain.dump()
    fc.assert(
      fc.property(fc.nat(tx.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = tx.slice()
        damaged[at] = (damaged[at] as number) ^ change
        expect(chain.checkTx(damaged).code).not.toBe(0)
        expect(outcome(chain.deliver(damaged))).toMatch(/^sdk\//)
      }),
      { numRuns: 300 },
    )
    expect(chain.dump()).toEqual(before)
  })

  test('of any kind are refused and harm nobody', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(outcome(chain.checkTx(bytes))).toMatch(/^sdk\//)
      }),
    )
  })

  test('in a body without messages are refused', () => {
    const raw = TxRaw.decode(alice.tx(chain, [send(alice, bob)]))
    const empty = TxRaw.encode({
      ...raw,
      bodyBytes: TxBody.encode(TxBody.fromPartial({ memo: 'x' })).finish(),
    })
    expect(outcome(chain.checkTx(empty.finish()))).toBe(
      'sdk/18 must contain at least one message: invalid request',
    )
  })
})

describe('a simulation', () => {
  const unsigned = (sequence: bigint, withKey: boolean) => {
    const raw = TxRaw.decode(alice.tx(chain, [send(alice, bob)], { sequence, withoutKey: !withKey }))
    const auth = AuthInfo.decode(raw.authInfoBytes)
    const [info] = auth.signerInfos
    if (info !== undefined) info.modeInfo = { single: { mode: 0 } }
    const authInfoBytes = AuthInfo.encode({
      ...auth,
      fee: { amount: [], gasLimit: 0n, payer: '', granter: '' },
    })
    return { ...raw, authInfoBytes: authInfoBytes.finish() }
  }

  test('as CosmJS asks for it passes: no fee, mode unspecified, an empty signature', () => {
    const raw = unsigned(0n, true)
    const result = chain.simulate(TxRaw.encode({ ...raw, signatures: [new Uint8Array()] }).finish())
    expect(outcome(result)).toBe('ok')
    expect(result.events.at(-1)?.type).toBe('message')
  })

  test('as Keplr asks for it passes: no key and 64 zero bytes', () => {
    const raw = unsigned(0n, false)
    const tx = TxRaw.encode({ ...raw, signatures: [new Uint8Array(64)] }).finish()
    expect(outcome(chain.simulate(tx))).toBe('ok')
  })

  test('tells the gas that the transaction will use', () => {
    const tx = alice.tx(chain, [send(alice, bob)], { sequence: 0n, fee: 7n })
    expect(chain.simulate(tx).gasUsed).toBe(chain.deliver(tx).gasUsed)
  })

  test('without a fee tells enough gas for one with a fee', () => {
    const asked = chain.simulate(alice.tx(chain, [send(alice, bob)], { sequence: 0n }))
    const paid = chain.deliver(alice.tx(chain, [send(alice, bob)], { sequence: 0n, fee: 10n ** 17n }))
    expect(outcome(paid)).toBe('ok')
    // The fee itself stands in the transaction too: 30 bytes at 10 gas.
    expect(asked.gasUsed + 300).toBeGreaterThanOrEqual(paid.gasUsed)
    expect(asked.gasUsed).toBeLessThan(paid.gasUsed * 1.1)
  })

  test('and a fee of nothing is none', () => {
    expect(outcome(chain.deliver(alice.tx(chain, [send(alice, bob)], { fee: 0n })))).toBe('ok')
  })

  test('accepts a sequence still to come, and refuses one that is gone with the words wallets match on', () => {
    chain.deliver(alice.tx(chain, [send(alice, bob)]))
    const at = (sequence: bigint) =>
      outcome(chain.simulate(alice.tx(chain, [send(alice, bob)], { sequence })))
    expect([at(1n), at(2n), at(50n)]).toEqual(['ok', 'ok', 'ok'])
    expect(at(0n)).toBe('sdk/32 account sequence mismatch, expected 1, got 0: incorrect account sequence')
  })

  test('writes nothing, and bytes that are no transaction fail like everywhere', () => {
    const before = chain.dump()
    chain.simulate(alice.tx(chain, [send(alice, bob)], { sequence: 0n }))
    expect(chain.dump()).toEqual(before)
    expect(chain.simulate(new Uint8Array([9])).code).toBe(2)
  })
})

test('a list of outputs pays each', () => {
  const coins = (amount: string) => [{ denom: 'awadi', amount }]
  const multi = message(MsgMultiSend, {
    inputs: [{ address: alice.address, coins: coins('9') }],
    outputs: [
      { address: bob.address, coins: coins('4') },
      { address: eve.address, coins: coins('5') },
    ],
  })
  expect(outcome(chain.deliver(alice.tx(chain, [multi])))).toBe('ok')
  expect([balance(bob.address), balance(eve.address)]).toEqual([FUNDS + 4n, 5n])
})

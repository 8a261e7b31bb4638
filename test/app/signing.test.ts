import { beforeEach, describe, expect, test } from 'vitest'
import { QueryDefinition } from '#gen/cosmos/bank/v1beta1/query.ts'
import { TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { TestAccount, testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { outcome, send, wadiChain } from '../support/wadi-chain.ts'
import { cosmSend, cosmTx, multisigOf, multisigTx } from './cosmjs.ts'

const { alice, bob, eve, carol } = testAccounts('alice', 'bob', 'eve', 'carol')
const ethan = new TestAccount('ethan', 'ethsecp256k1')
const members = testAccounts('m1', 'm2', 'm3')
const two = multisigOf(Object.values(members), 2)
const eight = multisigOf(
  Array.from({ length: 8 }, (_, i) => new TestAccount(`m${i}`)),
  1,
)
let chain: TestChain
beforeEach(() => {
  chain = wadiChain({ accounts: [alice, bob, ethan, two.address, eight.address] })
  chain.nextBlock()
})
const balance = (address: string) =>
  chain.query(QueryDefinition, 'balance', { address, denom: 'awadi' }).balance?.amount

describe('a transaction that CosmJS made and signed', () => {
  test('is the very bytes that our test accounts make', async () => {
    for (const account of [alice, ethan]) {
      const theirs = await cosmTx(chain, account, [cosmSend(account.address, eve.address)], { memo: 'héllo' })
      const ours = account.tx(chain, [send(account, eve)], { memo: 'héllo' })
      expect(Buffer.from(ours).toString('hex')).toBe(Buffer.from(theirs).toString('hex'))
    }
  })

  test.each([
    ['directly', alice, 'direct'],
    ['in amino JSON', alice, 'amino'],
    ['directly with an Ethereum key', ethan, 'direct'],
  ] as const)('%s is executed', async (_name, account, mode) => {
    for (let i = 0; i < 2; i++) {
      const tx = await cosmTx(chain, account, [cosmSend(account.address, eve.address, '5')], { mode })
      expect(outcome(chain.checkTx(tx))).toBe('ok')
      expect(outcome(chain.deliver(tx))).toBe('ok')
    }
    expect(balance(eve.address)).toBe('10')
  })

  test('by two of three members of a multisig is executed', async () => {
    const tx = await multisigTx(
      chain,
      two,
      [members.m1, members.m3],
      [cosmSend(two.address, eve.address, '7')],
    )
    expect(outcome(chain.deliver(tx))).toBe('ok')
    expect(balance(eve.address)).toBe('7')
  })
})

describe('a multisig is refused', () => {
  test('with fewer signatures than its threshold', async () => {
    const tx = await multisigTx(chain, two, [members.m1], [cosmSend(two.address, eve.address)])
    expect(outcome(chain.deliver(tx))).toBe(
      'sdk/4 not enough signatures: 1 of the 2 that are needed: unauthorized',
    )
  })

  test('with more keys than the limit of seven, however few signed', async () => {
    const tx = await multisigTx(
      chain,
      eight,
      [eight.members[0] as TestAccount],
      [cosmSend(eight.address, eve.address)],
    )
    // the text of the Cosmos SDK's ValidateSigCountDecorator
    expect(outcome(chain.deliver(tx))).toBe(
      'sdk/14 signatures: 8, limit: 7: maximum number of signatures exceeded',
    )
  })

  test('with the signature of somebody who is no member', async () => {
    const stranger = { ...two, members: [members.m1, eve] }
    const tx = await multisigTx(
      chain,
      stranger,
      [members.m1, members.m2],
      [cosmSend(two.address, eve.address)],
    )
    const raw = TxRaw.decode(tx)
    const last = raw.signatures[0] as Uint8Array
    last[last.length - 1] = (last[last.length - 1] as number) ^ 1
    expect(outcome(chain.deliver(TxRaw.encode(raw).finish()))).toContain(
      'sdk/4 signature verification failed',
    )
  })
})

describe('refused in CheckTx and in a block alike, with nothing written, is', () => {
  /** The outcome in CheckTx and in a block; both must agree, and the account must be as before. */
  function refused(tx: Uint8Array, account: TestAccount = alice): string {
    const before = [chain.dump()['auth'], chain.dump()['bank']]
    const check = outcome(chain.checkTx(tx))
    const result = chain.deliver(tx)
    expect(outcome(result)).toBe(check)
    expect([chain.dump()['auth'], chain.dump()['bank']]).toEqual(before)
    expect(result.events).toEqual([])
    expect(account.next(chain).sequence).toBe(0n)
    return check
  }
  const message = [send(alice, bob)]

  test('a wrong chain id', () => {
    expect(refused(alice.tx(chain, message, { chainId: 'wadi-other-1' }))).toBe(
      'sdk/4 signature verification failed; please verify account number (0), sequence (0) and ' +
        'chain-id (wadi-test-1): unauthorized',
    )
  })

  test('a wrong account number', () => {
    expect(refused(alice.tx(chain, message, { accountNumber: 9n }))).toContain(
      'sdk/4 signature verification failed',
    )
  })

  test.each([1n, 5n, 2n ** 64n - 1n])('the sequence %s', (sequence) => {
    expect(refused(alice.tx(chain, message, { sequence }))).toBe(
      `sdk/32 account sequence mismatch, expected 0, got ${sequence}: incorrect account sequence`,
    )
  })

  test('a fee that the sender does not have', () => {
    expect(refused(alice.tx(chain, message, { fee: 10n ** 24n + 1n }))).toBe(
      'sdk/5 spendable balance 1000000000000000000000000awadi is smaller than ' +
        '1000000000000000000000001awadi: insufficient funds',
    )
  })

  test('a fee in a denomination that cannot be one', () => {
    expect(refused(alice.tx(chain, message, { fee: 1n, feeDenom: '!' }))).toBe(
      'sdk/10 invalid denom: !: invalid coins',
    )
  })

  test('a damaged signature', () => {
    const raw = TxRaw.decode(alice.tx(chain, message))
    const signature = raw.signatures[0] as Uint8Array
    signature[40] = (signature[40] as number) ^ 1
    expect(refused(TxRaw.encode(raw).finish())).toContain('sdk/4 signature verification failed')
  })

  test.each([0, 1, 63, 65, 1000])('a signature of %s bytes', (length) => {
    const raw = TxRaw.decode(alice.tx(chain, message))
    const changed = TxRaw.encode({ ...raw, signatures: [new Uint8Array(length).fill(1)] }).finish()
    expect(refused(changed)).toContain('sdk/4 signature verification failed')
  })

  test('the high-s twin of a good signature', () => {
    const raw = TxRaw.decode(alice.tx(chain, message))
    const signature = raw.signatures[0] as Uint8Array
    // SEC 2: the order of secp256k1
    const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
    signature.set(Buffer.from((n - s).toString(16).padStart(64, '0'), 'hex'), 32)
    expect(refused(TxRaw.encode(raw).finish())).toContain('sdk/4 signature verification failed')
  })

  test('a transaction in which somebody else signed with the own key', () => {
    const impostor = Object.assign(new TestAccount('eve'), { address: alice.address })
    expect(refused(impostor.tx(chain, message))).toBe(
      `sdk/8 pubKey does not match signer address ${alice.address} with signer index: 0: invalid pubkey`,
    )
  })

  test('a known account with another key', () => {
    chain.deliver(bob.tx(chain, [send(bob, alice)]))
    const impostor = Object.assign(new TestAccount('eve'), { address: bob.address })
    const result = chain.deliver(impostor.tx(chain, [send(bob, eve)]))
    expect(outcome(result)).toContain('sdk/4 signature verification failed')
  })

  test('a signer without account', () => {
    expect(refused(carol.tx(chain, [send(carol, bob)]), carol)).toBe(
      `sdk/9 account ${carol.address} does not exist: unknown address`,
    )
  })

  test('no public key, of an account that has none yet', () => {
    expect(refused(alice.tx(chain, message, { withoutKey: true }))).toBe(
      `sdk/8 account ${alice.address} has no public key yet and the transaction brings none: invalid pubkey`,
    )
  })

  test('no signature at all', () => {
    const raw = TxRaw.decode(alice.tx(chain, message))
    expect(refused(TxRaw.encode({ ...raw, signatures: [] }).finish())).toBe('sdk/15 no signatures supplied')
  })

  test('fewer signatures than signers', () => {
    expect(refused(alice.tx(chain, [send(alice, bob), send(bob, alice)]))).toBe(
      'sdk/4 wrong number of signers; expected 2, got 1: unauthorized',
    )
  })

  test('no gas', () => {
    expect(refused(alice.tx(chain, message, { gas: 0n }))).toBe(
      'sdk/41 must provide positive gas: invalid gas limit',
    )
  })

  test('a memo of more than 256 bytes, also where it has fewer characters', () => {
    expect(refused(alice.tx(chain, message, { memo: 'x'.repeat(257) }))).toBe(
      'sdk/12 maximum number of characters is 256 but received 257 characters: memo too large',
    )
    expect(refused(alice.tx(chain, message, { memo: 'é'.repeat(129) }))).toContain('received 258 characters')
  })

  test('a timeout height that has passed', () => {
    chain.advanceBlocks(3)
    // deliver and CheckTx both look at the height being made, which is one further in the second
    const tx = alice.tx(chain, message, { timeoutHeight: 4n })
    expect(outcome(chain.checkTx(tx))).toBe('sdk/30 block height: 5, timeout height: 4: tx timeout height')
    expect(outcome(chain.deliver(tx))).toBe('sdk/30 block height: 5, timeout height: 4: tx timeout height')
  })

  test('a fee granter', () => {
    expect(refused(alice.tx(chain, message, { granter: bob.address }))).toContain('sdk/37 fee grants')
  })
})

describe('accepted is', () => {
  test('an account that was paid before its first transaction, in the same block', () => {
    const [first] = [alice.tx(chain, [send(alice, carol, 50n)])]
    chain.nextBlock([first])
    const results = chain.nextBlock([carol.tx(chain, [send(carol, bob, 20n)])]).results
    expect(results.map(outcome)).toEqual(['ok'])
    expect(balance(carol.address)).toBe('30')
  })

  test('a transaction without key, of an account whose key is known', () => {
    chain.deliver(alice.tx(chain, [send(alice, bob)]))
    expect(outcome(chain.deliver(alice.tx(chain, [send(alice, bob)], { withoutKey: true })))).toBe('ok')
  })

  test('several transactions of one account in a block, in the order of their sequences', () => {
    const txs = [1, 2, 3].map(() => alice.tx(chain, [send(alice, eve)]))
    expect(chain.nextBlock(txs).results.map(outcome)).toEqual(['ok', 'ok', 'ok'])
    expect(alice.next(chain).sequence).toBe(3n)
  })

  test('two signers of different kinds, each for its message', () => {
    const tx = alice.tx(chain, [send(alice, eve, 3n), send(ethan, eve, 4n)], { cosigners: [ethan] })
    expect(outcome(chain.deliver(tx))).toBe('ok')
    expect(balance(eve.address)).toBe('7')
    expect([alice, ethan].map((each) => each.next(chain).sequence)).toEqual([1n, 1n])
  })

  test('a fee payer who signs along and pays, and nobody else', () => {
    const options = { fee: 1_000n, payer: bob.address, cosigners: [bob] }
    expect(outcome(chain.deliver(alice.tx(chain, [send(alice, eve)], options)))).toBe('ok')
    expect(balance(bob.address)).toBe(`${10n ** 24n - 1_000n}`)
    expect(balance(alice.address)).toBe(`${10n ** 24n - 1n}`)
  })

  test('an Ethereum signature with its recovery id', () => {
    const raw = TxRaw.decode(ethan.tx(chain, [send(ethan, eve)]))
    const signature = new Uint8Array(65)
    signature.set(raw.signatures[0] as Uint8Array)
    expect(outcome(chain.deliver(TxRaw.encode({ ...raw, signatures: [signature] }).finish()))).toBe('ok')
  })
})

test('the minimum fee is the node’s own, and asked for in CheckTx alone', () => {
  const picky = wadiChain({
    accounts: [alice],
    minGasPrices: [{ denom: 'awadi', price: 5n * 10n ** 17n }], // half a unit of gas
  })
  const cheap = alice.tx(picky, [send(alice, bob)], { gas: 200_001n, fee: 100_000n })
  // 200,001 × 0.5 = 100,000.5, rounded up
  expect(outcome(picky.checkTx(cheap))).toBe(
    'sdk/13 insufficient fees; got: 100000awadi required: 100001awadi: insufficient fee',
  )
  expect(outcome(picky.deliver(cheap))).toBe('ok')
  const dear = alice.tx(picky, [send(alice, bob)], { gas: 200_001n, fee: 100_001n })
  expect(outcome(picky.checkTx(dear))).toBe('ok')
})

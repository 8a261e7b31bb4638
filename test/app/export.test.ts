import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MsgSetSendEnabled } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { fromByteString } from '#lib/bytes.ts'
import { MultiStore } from '../../src/store/multistore.ts'
import { TestAccount, testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { authority, FUNDS } from '../../src/testing/genesis.ts'
import { message } from '../../src/testing/types.ts'
import { send, wadiChain } from '../support/wadi-chain.ts'

const { alice, bob, carol } = testAccounts('alice', 'bob', 'carol')
const senders = [alice, bob, new TestAccount('ethan', 'ethsecp256k1')]
const receivers = [...senders, carol, new TestAccount('dora')]

/** The root that trees have when all that a chain holds is written to them at once, as genesis does. */
function freshHash(chain: TestChain): string {
  const store = new MultiStore(chain.chain.stores)
  const changes = Object.values(chain.dump()).map((entries) => ({
    keys: entries.map(([key]) => key),
    values: entries.map(([, value]) => fromByteString(value)),
  }))
  return Buffer.from(store.prepare(1, changes)).toString('hex')
}

test('export and import give equal stores and an equal app hash, whatever happened before', () => {
  const step = fc.record({
    from: fc.nat(senders.length - 1),
    to: fc.nat(receivers.length - 1),
    amount: fc.bigInt({ min: 1n, max: 2n * FUNDS }),
    fee: fc.bigInt({ min: 0n, max: 50n }),
    denom: fc.constantFrom('awadi', 'share/1'),
    block: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.boolean(), (steps, disable) => {
      const coins = Object.fromEntries(
        senders.map(({ address }) => [
          address,
          [
            { denom: 'awadi', amount: `${FUNDS}` },
            { denom: 'share/1', amount: '1000' },
          ],
        ]),
      )
      const chain = wadiChain({ accounts: senders, coins })
      let txs: Uint8Array[] = []
      for (const { from, to, amount, fee, denom, block } of steps) {
        const [sender, receiver] = [senders[from] as TestAccount, receivers[to] as TestAccount]
        txs.push(sender.tx(chain, [send(sender, receiver, amount, denom)], { fee }))
        if (!block) continue
        chain.nextBlock(txs)
        txs = []
      }
      if (disable) {
        const sendEnabled = [{ denom: 'share/1', enabled: false }]
        txs.push(
          authority.tx(chain, [message(MsgSetSendEnabled, { authority: authority.address, sendEnabled })]),
        )
      }
      chain.nextBlock(txs)

      const imported = wadiChain({ genesis: JSON.parse(JSON.stringify(chain.exportGenesis())) })
      const { appHash } = imported.nextBlock()
      expect(imported.dump()).toEqual(chain.dump())
      expect(Buffer.from(appHash).toString('hex')).toBe(freshHash(chain))
      expect(imported.exportGenesis()).toEqual(chain.exportGenesis())
    }),
    { numRuns: 25 },
  )
})

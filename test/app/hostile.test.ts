import { describe, expect, test } from 'vitest'
import type { Response } from '#gen/tendermint/abci/types.ts'
import { encodeCheckTx, encodeFinalizeBlock } from '../../src/abci/responses.ts'
import { EventIndex } from '../../src/abci/results.ts'
import { BackWriter } from '../../src/abci/writer.ts'
import { testAccounts } from '../../src/testing/accounts.ts'
import { decodeReplies } from '../../src/abci/testkit.ts'
import { outcome, send, wadiChain } from '../support/wadi-chain.ts'

/*
 * What a stranger may send, and a proposer put into a block, without the node ending or two nodes differing.
 */

const { alice, bob } = testAccounts('alice', 'bob')
const accounts = [alice, bob]

/** The reply as CometBFT reads it; a value that cannot be encoded ends the node. */
function sent(write: (w: BackWriter, index: EventIndex) => void): Response {
  const w = new BackWriter(1024)
  write(w, new EventIndex(() => true))
  return decodeReplies(w.view())[0] as Response
}

describe('a gas limit beyond what a number counts', () => {
  const limits = [2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]

  test.each(limits)('(%s) is refused in CheckTx with a reply that can be sent', (gas) => {
    const chain = wadiChain({ accounts })
    chain.nextBlock()
    const response = chain.checkTx(alice.tx(chain, [send(alice, bob)], { gas }))
    expect(outcome(response)).toContain('sdk/18 invalid gas supplied')
    const { checkTx } = sent((w, index) => encodeCheckTx(w, response, index))
    expect(checkTx?.gasWanted).toBe(2n ** 53n - 1n)
  })

  test.each(limits)('(%s) in a decided block fails alone, with a reply that can be sent', (gas) => {
    const chain = wadiChain({ accounts })
    chain.nextBlock()
    const txs = [alice.tx(chain, [send(alice, bob)], { gas }), bob.tx(chain, [send(bob, alice)])]
    const block = chain.app.finalizeBlock({ ...chain.blockRequest(txs), decidedLastCommit: undefined })
    const { finalizeBlock } = sent((w, index) => encodeFinalizeBlock(w, block, index))
    expect(finalizeBlock?.txResults.map(({ code, gasWanted }) => [code, gasWanted])).toEqual([
      [18, 2n ** 53n - 1n],
      [0, 1_000_000n],
    ])
  })
})

import { beforeEach, describe, expect, test } from 'vitest'
import { QueryDefinition } from '#gen/cosmos/consensus/v1/query.ts'
import { MsgUpdateParams } from '#gen/cosmos/consensus/v1/tx.ts'
import type { TestAccount } from '../../src/testing/accounts.ts'
import { testAccounts } from '../../src/testing/accounts.ts'
import { TEST_CONSENSUS_PARAMS, type TestChain } from '../../src/testing/chain.ts'
import { message } from '../../src/testing/types.ts'
import { authority, outcome, wadiChain } from '../../test/support/wadi-chain.ts'

const { alice } = testAccounts('alice')
let chain: TestChain
beforeEach(() => {
  chain = wadiChain({ accounts: [alice] })
  chain.nextBlock()
})
const { block, evidence, validator } = TEST_CONSENSUS_PARAMS
const good = { block, evidence, validator }
const update = (fields: object, who: TestAccount = authority) =>
  outcome(
    chain.deliver(who.tx(chain, [message(MsgUpdateParams, { authority: who.address, ...good, ...fields })])),
  )
const params = () => chain.query(QueryDefinition, 'params').params

test('the parameters of genesis are kept', () => {
  expect(params()).toEqual(TEST_CONSENSUS_PARAMS)
})

describe('MsgUpdateParams', () => {
  test('replaces block, evidence and validator, and keeps the rest', () => {
    expect(update({ block: { maxBytes: 1_048_576n, maxGas: 30_000_000n } })).toBe('ok')
    expect(params()).toEqual({
      ...TEST_CONSENSUS_PARAMS,
      block: { maxBytes: 1_048_576n, maxGas: 30_000_000n },
    })
  })

  test('takes blocks as large as CometBFT lets them be', () => {
    expect(update({ block: { maxBytes: -1n, maxGas: -1n } })).toBe('ok')
    expect(update({ block: { maxBytes: 104_857_600n, maxGas: 0n } })).toBe('ok')
  })

  test('is the authority’s alone', () => {
    expect(update({}, alice)).toContain('sdk/4 expected wadi1')
  })

  const age = { seconds: 1n, nanos: 0 }
  test.each<[string, object, string]>([
    ['a missing block', { block: undefined }, 'block is missing'],
    ['missing evidence', { evidence: undefined }, 'evidence is missing'],
    ['a missing validator', { validator: undefined }, 'validator is missing'],
    [
      'blocks of no bytes',
      { block: { maxBytes: 0n, maxGas: -1n } },
      'block.max_bytes 0 is neither -1 nor within',
    ],
    ['blocks of -2 bytes', { block: { maxBytes: -2n, maxGas: -1n } }, 'block.max_bytes -2 is neither'],
    ['blocks too large', { block: { maxBytes: 104_857_601n, maxGas: -1n } }, 'block.max_bytes 104857601'],
    ['gas of -2', { block: { maxBytes: 2_000_000n, maxGas: -2n } }, 'block.max_gas -2 is below -1'],
    [
      'evidence larger than a block',
      { block: { maxBytes: 1_000n, maxGas: -1n } },
      'evidence.max_bytes 1048576 is not within 0…1000',
    ],
    ['evidence of less than nothing', { evidence: { ...evidence, maxBytes: -1n } }, 'evidence.max_bytes -1'],
    ['evidence of no blocks', { evidence: { ...evidence, maxAgeNumBlocks: 0n } }, 'must be positive'],
    [
      'evidence of no time',
      { evidence: { ...evidence, maxAgeDuration: { ...age, seconds: 0n } } },
      'must be positive',
    ],
    ['evidence without time', { evidence: { ...evidence, maxAgeDuration: undefined } }, 'must be positive'],
    ['no kind of key', { validator: { pubKeyTypes: [] } }, 'validator.pub_key_types [] may only be ed25519'],
    ['another kind of key', { validator: { pubKeyTypes: ['secp256k1'] } }, '[secp256k1] may only be ed25519'],
    ['vote extensions', { abci: { voteExtensionsEnableHeight: 5n } }, 'this chain extends no votes'],
  ])('refuses %s', (_name, fields, expected) => {
    expect(update(fields)).toMatch(/^consensus\/2 .*: consensus parameters are invalid$/)
    expect(update(fields)).toContain(expected)
    expect(params()).toEqual(TEST_CONSENSUS_PARAMS)
  })
})

import { beforeEach, describe, expect, test } from 'vitest'
import { QueryDefinition } from '#gen/cosmos/consensus/v1/query.ts'
import { MsgUpdateParams } from '#gen/cosmos/consensus/v1/tx.ts'
import type { TestAccount } from '../../src/testing/accounts.ts'
import { testAccounts } from '../../src/testing/accounts.ts'
import { TEST_CONSENSUS_PARAMS, type TestChain } from '../../src/testing/chain.ts'
import { authority } from '../../src/testing/genesis.ts'
import { message } from '../../src/testing/types.ts'
import { outcome, wadiChain } from '../../test/support/wadi-chain.ts'

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
    expect(update({ block: { maxBytes: 104_857_600n, maxGas: 1_000_000n } })).toBe('ok')
  })

  test('in the first block is handed to CometBFT too', () => {
    const fresh = wadiChain({ accounts: [alice] })
    // accounts are numbered as in genesis: alice, then the authority
    const tx = authority.tx(
      fresh,
      [
        message(MsgUpdateParams, {
          authority: authority.address,
          ...good,
          block: { ...block, maxGas: 7_000_000n },
        }),
      ],
      { accountNumber: 1n, sequence: 0n },
    )
    const { results, consensusParamUpdates } = fresh.nextBlock([tx])
    expect(results.map(outcome)).toEqual(['ok'])
    expect(consensusParamUpdates?.block?.maxGas).toBe(7_000_000n)
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
    // CometBFT panics where header and commit alone are larger than the block; no block could then undo this.
    [
      'blocks too small',
      { block: { maxBytes: 65_535n, maxGas: -1n }, evidence: { ...evidence, maxBytes: 0n } },
      'block.max_bytes 65535 is below 65536',
    ],
    ['gas for no transaction', { block: { ...block, maxGas: 999_999n } }, 'block.max_gas 999999 is below'],
    ['gas of -2', { block: { maxBytes: 2_000_000n, maxGas: -2n } }, 'block.max_gas -2 is below -1'],
    [
      'evidence larger than a block',
      { block: { maxBytes: 65_536n, maxGas: -1n } },
      'evidence.max_bytes 1048576 is not within 0…65536',
    ],
    ['evidence of less than nothing', { evidence: { ...evidence, maxBytes: -1n } }, 'evidence.max_bytes -1'],
    ['evidence of no blocks', { evidence: { ...evidence, maxAgeNumBlocks: 0n } }, 'must be positive'],
    [
      'evidence of no time',
      { evidence: { ...evidence, maxAgeDuration: { ...age, seconds: 0n } } },
      'must be positive',
    ],
    // CometBFT counts nanoseconds in an int64 and ends on what passes it: 2^63 ns are 9,223,372,036.85… s.
    [
      'evidence for three centuries',
      { evidence: { ...evidence, maxAgeDuration: { ...age, seconds: 9_223_372_036n } } },
      'evidence.max_age_duration 9223372036s',
    ],
    [
      'evidence of more than a second of nanoseconds',
      { evidence: { ...evidence, maxAgeDuration: { ...age, nanos: 1_000_000_000 } } },
      'evidence.max_age_duration 1s 1000000000ns',
    ],
    [
      'evidence of less than no nanoseconds',
      { evidence: { ...evidence, maxAgeDuration: { ...age, nanos: -1 } } },
      'evidence.max_age_duration 1s -1ns',
    ],
    ['evidence without time', { evidence: { ...evidence, maxAgeDuration: undefined } }, 'must be positive'],
    ['no kind of key', { validator: { pubKeyTypes: [] } }, 'validator.pub_key_types [] may only be ed25519'],
    ['a kind of key twice', { validator: { pubKeyTypes: ['ed25519', 'ed25519'] } }, 'may only be ed25519'],
    ['another kind of key', { validator: { pubKeyTypes: ['secp256k1'] } }, '[secp256k1] may only be ed25519'],
    ['vote extensions', { abci: { voteExtensionsEnableHeight: 5n } }, 'this chain extends no votes'],
  ])('refuses %s', (_name, fields, expected) => {
    expect(update(fields)).toMatch(/^consensus\/2 .*: consensus parameters are invalid$/)
    expect(update(fields)).toContain(expected)
    expect(params()).toEqual(TEST_CONSENSUS_PARAMS)
  })
})

/** What CometBFT hashes, signs and accepts, held to values from outside. */
import { readFileSync } from 'node:fs'
import { sha256 } from '@noble/hashes/sha2.js'
import { expect, test, vi } from 'vitest'
import type { BlockID } from '#gen/tendermint/types/types.ts'
import { headerHash, precommitSignBytes } from '#lib/block-hash.ts'
import { fromHex, toHex, utf8 } from '#lib/bytes.ts'
import { verifyEd25519 } from './ed25519.ts'
import { NO_BLOCK } from './hashes.ts'

const ZERO_TIME = { seconds: -62_135_596_800n, nanos: 0 }

test('a precommit is signed as CometBFT writes it (its own vector, types/vote_test.go)', () => {
  const vote = { height: 1n, round: 1, blockId: NO_BLOCK, timestamp: ZERO_TIME }
  expect(toHex(precommitSignBytes('', vote))).toBe(
    '2108021101000000000000001901000000000000002a0b088092b8c398feffffff01',
  )
})

test('a precommit names its block and chain (layout of CanonicalVote, worked out by hand)', () => {
  const hash = new Uint8Array(32).fill(0xaa)
  const blockId: BlockID = { hash, partSetHeader: { total: 3, hash: new Uint8Array(32).fill(0xbb) } }
  const bytes = precommitSignBytes('c', {
    height: 2n,
    round: 0,
    blockId,
    timestamp: { seconds: 1n, nanos: 5 },
  })
  // type 2; height fixed64 (round 0 is left out); block id: hash, part set header (total, hash); time; chain id.
  const id = `0a20${'aa'.repeat(32)}12240803` + `1220${'bb'.repeat(32)}`
  const body = `0802` + `110200000000000000` + `2248${id}` + `2a0408011005` + `320163`
  expect(toHex(bytes)).toBe(`${(body.length / 2).toString(16)}${body}`)
})

test('a header has the hash that CometBFT gives it (its own vector, types/block_test.go)', () => {
  const hash = (text: string) => sha256(utf8(text))
  const header = {
    version: { block: 1n, app: 2n },
    chainId: 'chainId',
    height: 3n,
    // 2019-10-13 16:14:44 UTC
    time: { seconds: 1_570_983_284n, nanos: 0 },
    lastBlockId: { hash: new Uint8Array(32), partSetHeader: { total: 6, hash: new Uint8Array(32) } },
    lastCommitHash: hash('last_commit_hash'),
    dataHash: hash('data_hash'),
    validatorsHash: hash('validators_hash'),
    nextValidatorsHash: hash('next_validators_hash'),
    consensusHash: hash('consensus_hash'),
    appHash: hash('app_hash'),
    lastResultsHash: hash('last_results_hash'),
    evidenceHash: hash('evidence_hash'),
    proposerAddress: hash('proposer_address').subarray(0, 20),
  }
  expect(toHex(headerHash(header))).toBe('f740121f553b5418c3efbd343c2dbfe9e007bb67b0d020a0741374bab65242a4')
})

/*
 * The twelve vectors of ed25519-speccheck ("Taming the many EdDSAs", Chalkias, Garillot, Nikolaenko) with the verdicts
 * that its table of results has for Zebra, where the rule of ZIP-215 comes from.
 */
interface Vector {
  readonly message: string
  readonly pub_key: string
  readonly signature: string
  readonly zip215: boolean
}
const file = new URL('../../../test/vectors/ed25519-speccheck.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[]

test.each(vectors.map((vector, i) => [i, vector.zip215, vector] as const))(
  'vector %i of ed25519-speccheck is accepted: %s',
  async (_number, accepted, { message, pub_key, signature }) => {
    expect(await verifyEd25519(fromHex(signature), fromHex(message), fromHex(pub_key))).toBe(accepted)
  },
)

test('a key or signature of another length is none', async () => {
  expect(await verifyEd25519(new Uint8Array(63), utf8('m'), new Uint8Array(32))).toBe(false)
  expect(await verifyEd25519(new Uint8Array(64), utf8('m'), new Uint8Array(31))).toBe(false)
})

test('without Web Crypto the verdicts are the same', async () => {
  vi.stubGlobal('crypto', undefined)
  try {
    for (const { message, pub_key, signature, zip215 } of vectors)
      expect(await verifyEd25519(fromHex(signature), fromHex(message), fromHex(pub_key))).toBe(zip215)
  } finally {
    vi.unstubAllGlobals()
  }
})

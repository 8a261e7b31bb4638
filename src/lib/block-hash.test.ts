/** A block of a chain that CometBFT 0.38.25 made, as its RPC showed it: hashes and signature are CometBFT's own. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { expect, test } from 'vitest'
import { Block } from '#gen/tendermint/types/block.ts'
import type { BlockID, Commit, Header } from '#gen/tendermint/types/types.ts'
import {
  commitHash,
  consensusParamsHash,
  dataHash,
  headerHash,
  partSetHeader,
  precommitSignBytes,
  resultsHash,
  validatorsHash,
} from './block-hash.ts'
import { fromBase64, fromHex } from './bytes.ts'

const EMPTY_ROOT = fromHex('E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855')
const KEY = fromBase64('HQQPnYpdYWrSkDL7dR2kboDU/kmXp9nYNu0QV/JpoZA=')
const SIGNATURE = fromBase64(
  '6dm6Fx2V+ayV5Yob/oIlpbo3bQc3JZV+v4+mfIeUV6lekPkiKWBI3pgZYafplCHcxIqBBFLw2qgosvb8AveeAQ==',
)
// 2026-11-26T03:20:31.361075437Z
const TIME = { seconds: 1_795_663_231n, nanos: 361_075_437 }
const VALIDATORS = fromHex('2D76C247619DD4B71982895E001F5BCDCC3329D880DEDC88CE8BE08D1CB916DE')
const ADDRESS = fromHex('45D70456D950D81B9F3DD43C2A7E1D5578759E16')

const block3: BlockID = {
  hash: fromHex('0FEF553B388805F7896243FFD889FC4E59D9EC914593C8C6C5B2804307FE69E1'),
  partSetHeader: {
    total: 1,
    hash: fromHex('F590FE4BCC310B2681F3029F17C1CB48745E382EA346DA0B847C1B01A080C792'),
  },
}

const commit3: Commit = {
  height: 3n,
  round: 0,
  blockId: block3,
  signatures: [{ blockIdFlag: 2, validatorAddress: ADDRESS, timestamp: TIME, signature: SIGNATURE }],
}

const header4: Header = {
  version: { block: 11n, app: 1n },
  chainId: 'wadi-dev-1',
  height: 4n,
  time: TIME,
  lastBlockId: block3,
  lastCommitHash: fromHex('7D706D17B7C6B4F6A041267EC46100FC14AD9FE7F36ED62F3B9E9A729831BF35'),
  dataHash: EMPTY_ROOT,
  validatorsHash: VALIDATORS,
  nextValidatorsHash: VALIDATORS,
  consensusHash: fromHex('05BFB4C81B510A6E20E738589EE4D25B528F0680B8975DA6077A4194B3C61E8F'),
  appHash: fromHex('13764F7CDF8EC153251BF93AB13AB1076D5017CE07E6D149DAA2C537440DC0CB'),
  lastResultsHash: EMPTY_ROOT,
  evidenceHash: EMPTY_ROOT,
  proposerAddress: ADDRESS,
}

test('the hash of a header', () => {
  expect(headerHash(header4)).toEqual(
    fromHex('9D95AF7ACEEFECB628FD9413EA109E77E47CB6DBD6DDA618214D4F52EC412632'),
  )
  expect(() => headerHash({ ...header4, lastBlockId: undefined })).toThrow(TypeError)
})

test('the parts of a block', () => {
  const bytes = Block.encode({
    header: header4,
    data: { txs: [] },
    evidence: { evidence: [] },
    lastCommit: commit3,
  }).finish()
  const hash = fromHex('3CBE08AE169E3F5B4E4C3D527CEA92C00F0D18291EE44263AF805578240C4BD6')
  expect(partSetHeader(bytes)).toEqual({ total: 1, hash })
})

test('the hashes within a header', () => {
  expect(commitHash(commit3.signatures)).toEqual(header4.lastCommitHash)
  const pubKey = { ed25519: KEY, secp256k1: undefined }
  expect(validatorsHash([{ pubKey, votingPower: 10n }])).toEqual(VALIDATORS)
  const params = { blockMaxBytes: 4_194_304n, blockMaxGas: 500_000_000n }
  expect(consensusParamsHash(params)).toEqual(header4.consensusHash)
  expect([dataHash([]), resultsHash([])]).toEqual([EMPTY_ROOT, EMPTY_ROOT])
})

test('the bytes that a validator signs', () => {
  const vote = { height: 3n, round: 0, blockId: block3, timestamp: TIME }
  expect(ed25519.verify(SIGNATURE, precommitSignBytes('wadi-dev-1', vote), KEY)).toBe(true)
  for (const changed of [{ height: 4n }, { round: 1 }, { timestamp: { ...TIME, nanos: 0 } }])
    expect(ed25519.verify(SIGNATURE, precommitSignBytes('wadi-dev-1', { ...vote, ...changed }), KEY)).toBe(
      false,
    )
  expect(ed25519.verify(SIGNATURE, precommitSignBytes('wadi-dev-2', vote), KEY)).toBe(false)
})

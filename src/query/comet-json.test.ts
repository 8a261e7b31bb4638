import { expect, test } from 'vitest'
import { toBase64, toHex } from '#lib/bytes.ts'
import { packConsensusKey, readBlock, readHeader } from './comet-json.ts'

// Height 5 of a chain made by CometBFT 0.38.25 for this test, as its RPC wrote it.
const header = {
  version: { block: '11', app: '1' },
  chain_id: 'test-chain-UBT0Lu',
  height: '5',
  time: '2026-11-20T12:50:32.553974959Z',
  last_block_id: {
    hash: '3234206E2B9E1C427509E6FB808C0404D6F1DDDDD1EAE00EDE4CDE9E765859FE',
    parts: { total: 1, hash: '2CA163DEA699FF92E94BD45583930C008A711EB79C4DE04138F523DC9E56AE71' },
  },
  last_commit_hash: '256263D41AB5416B71D2C4A1DAB4D776D0F09ECA59994CA2C612D0AEDDE8CCAB',
  data_hash: '7778CFAC4700AF4B8B290EC790B8F540437311DBD532A13017458A4D207369D0',
  validators_hash: 'B44506B05588F06F5E47EB1AA3CD60BD66BAAD48A6DD084B5BCD97B5B917239F',
  next_validators_hash: 'B44506B05588F06F5E47EB1AA3CD60BD66BAAD48A6DD084B5BCD97B5B917239F',
  consensus_hash: '048091BC7DDC283F77BFBF91D73C44DA58C3DF8A9CBC867405D8B7F3DAADA22F',
  app_hash: '0000000000000000',
  last_results_hash: 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855',
  evidence_hash: 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855',
  proposer_address: '7AC7E9AD224446562A9D4203ACB2FC3B9898B7DA',
}

const signature = 'IYHI5IUTct5KTYW4L5dMnMknh0nTPJ9PugNMXSpZsKnTT3oYX2WYRub3bZBod4nvMDMNlopIs1BAsP2a7VC3BQ=='

const vote = (round: number) => ({
  type: 2,
  height: '4',
  round,
  block_id: { hash: 'AB', parts: { total: 1, hash: 'CD' } },
  timestamp: '2026-11-20T12:50:31Z',
  validator_address: '7AC7E9AD224446562A9D4203ACB2FC3B9898B7DA',
  validator_index: 0,
  signature,
})

const block = {
  block_id: {
    hash: '437AD4AF10A0EAAECAFA7995F3C45C99D64BE7AE759C248F31835B33A891468C',
    parts: { total: 1, hash: '' },
  },
  block: {
    header,
    data: { txs: ['YT0x'] },
    evidence: {
      evidence: [
        {
          type: 'tendermint/DuplicateVoteEvidence',
          value: {
            vote_a: vote(0),
            vote_b: vote(1),
            TotalVotingPower: '10',
            ValidatorPower: '4',
            Timestamp: '2026-11-20T12:50:30Z',
          },
        },
      ],
    },
    last_commit: {
      height: '4',
      round: 0,
      block_id: header.last_block_id,
      signatures: [
        { block_id_flag: 2, validator_address: header.proposer_address, timestamp: header.time, signature },
        { block_id_flag: 1, validator_address: '', timestamp: '0001-01-01T00:00:00Z', signature: null },
      ],
    },
  },
}

test('a header keeps every hash, number and time', () => {
  const read = readHeader({ header })
  expect(read).toMatchObject({ height: 5n, chainId: 'test-chain-UBT0Lu', version: { block: 11n, app: 1n } })
  // date -u -d 2026-11-20T12:50:32 +%s
  expect(read?.time).toEqual({ seconds: 1795179032n, nanos: 553974959 })
  expect(toHex(read?.lastBlockId?.partSetHeader?.hash ?? new Uint8Array())).toBe(
    header.last_block_id.parts.hash.toLowerCase(),
  )
  expect(toHex(read?.proposerAddress ?? new Uint8Array())).toBe(header.proposer_address.toLowerCase())
  expect(readHeader({ header: null })).toBeUndefined()
})

test('a block keeps transactions, votes that were cast and votes that were not', () => {
  const { blockId, block: read } = readBlock(block)
  expect(toHex(blockId.hash)).toBe(block.block_id.hash.toLowerCase())
  expect(read.data?.txs.map((tx) => Buffer.from(tx).toString())).toEqual(['a=1'])
  expect(read.lastCommit?.signatures.map((each) => [each.blockIdFlag, toBase64(each.signature)])).toEqual([
    [2, signature],
    [1, ''],
  ])
})

test('evidence of a double vote becomes its member of the oneof', () => {
  const [evidence] = readBlock(block).block.evidence?.evidence ?? []
  expect(evidence?.lightClientAttackEvidence).toBeUndefined()
  expect(evidence?.duplicateVoteEvidence).toMatchObject({
    totalVotingPower: 10n,
    validatorPower: 4n,
    voteA: { round: 0, type: 2 },
    voteB: { round: 1, blockId: { hash: new Uint8Array([0xab]) } },
  })
})

test('a key that is no ed25519 key is not passed off as one', () => {
  const key = 'bRT8kxH1A1JoXMOmGJzxATAY9PQozE0bZXyI0Lqpl+E='
  const packed = packConsensusKey({ type: 'tendermint/PubKeyEd25519', value: key })
  // Field 1, 32 bytes: tag 0a, length 20.
  expect([packed.typeUrl, toHex(packed.value).slice(0, 4)]).toEqual(['/cosmos.crypto.ed25519.PubKey', '0a20'])
  expect(() => packConsensusKey({ type: 'tendermint/PubKeySr25519', value: key })).toThrow(/Sr25519/)
})

test('an answer of another shape is an error that says so', () => {
  for (const json of [null, 5, 'x', {}, { block: null, block_id: null }, { block: { header: {} } }]) {
    expect(() => readBlock(json)).toThrow()
  }
})

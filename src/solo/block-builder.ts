import type { Timestamp } from '#gen/google/protobuf/timestamp.ts'
import { Block } from '#gen/tendermint/types/block.ts'
import type { ConsensusParams } from '#gen/tendermint/types/params.ts'
import type { BlockID, Commit, Header } from '#gen/tendermint/types/types.ts'
import * as hash from '#lib/block-hash.ts'
import { sha256 } from '#lib/hash.ts'
import { addMs } from './block-time.ts'
import type { SoloValidator } from './genesis.ts'
import type { TxRules } from './mempool.ts'
import type { Signer } from './signer.ts'

/** Version of the block protocol in headers (CometBFT 0.38). */
const BLOCK_PROTOCOL = 11n
/** The flag of a signature that is for the block. */
export const FLAG_COMMIT = 2

const NO_BLOCK: BlockID = { hash: new Uint8Array(), partSetHeader: { total: 0, hash: new Uint8Array() } }
/** What stands where there is no block before. */
export const NO_COMMIT: Commit = { height: 0n, round: 0, blockId: NO_BLOCK, signatures: [] }

const EMPTY_ROOT = sha256(new Uint8Array())

/** What the header of a block follows from, beside its transactions. */
export interface ChainTip {
  /** Height and id of the block before; undefined before the first. */
  readonly last: { readonly height: number; readonly id: BlockID; readonly time: Timestamp } | undefined
  readonly appHash: Uint8Array
  readonly resultsHash: Uint8Array
  readonly params: ConsensusParams
  readonly appVersion: bigint
}

/** A block as it is signed and stored. */
export interface BuiltBlock {
  readonly header: Header
  readonly id: BlockID
  readonly size: number
  readonly lastCommit: Commit
  readonly seenCommit: Commit
}

/** Makes blocks of one validator. */
export class BlockBuilder {
  readonly #chainId: string
  readonly #validator: SoloValidator
  readonly #sign: Signer
  readonly #validatorsHash: Uint8Array

  constructor(chainId: string, validator: SoloValidator, sign: Signer) {
    this.#chainId = chainId
    this.#validator = validator
    this.#sign = sign
    const pubKey = { ed25519: validator.publicKey, secp256k1: undefined }
    this.#validatorsHash = hash.validatorsHash([{ pubKey, votingPower: validator.power }])
  }

  get validatorsHash(): Uint8Array {
    return this.#validatorsHash
  }

  /**
   * The block of these transactions at a time. As BFT time demands, the time is the one at which the validator signed
   * the block before: that commit is signed here, for the header that carries it.
   */
  build(tip: ChainTip, height: number, time: Timestamp, txs: readonly Uint8Array[]): BuiltBlock {
    const lastCommit = tip.last === undefined ? NO_COMMIT : this.#commit(tip.last.height, tip.last.id, time)
    const header: Header = {
      version: { block: BLOCK_PROTOCOL, app: tip.appVersion },
      chainId: this.#chainId,
      height: BigInt(height),
      time,
      lastBlockId: tip.last?.id ?? NO_BLOCK,
      lastCommitHash: hash.commitHash(lastCommit.signatures),
      dataHash: hash.dataHash(txs.map(sha256)),
      validatorsHash: this.#validatorsHash,
      nextValidatorsHash: this.#validatorsHash,
      consensusHash: hash.consensusParamsHash({
        blockMaxBytes: tip.params.block?.maxBytes ?? 0n,
        blockMaxGas: tip.params.block?.maxGas ?? 0n,
      }),
      appHash: tip.appHash,
      lastResultsHash: tip.resultsHash,
      evidenceHash: EMPTY_ROOT,
      proposerAddress: this.#validator.address,
    }
    const data = { txs: [...txs] }
    const bytes = Block.encode({ header, data, evidence: { evidence: [] }, lastCommit }).finish()
    const id = { hash: hash.headerHash(header), partSetHeader: hash.partSetHeader(bytes) }
    return {
      header,
      id,
      size: bytes.length,
      lastCommit,
      seenCommit: this.#commit(height, id, addMs(time, 1)),
    }
  }

  #commit(height: number, blockId: BlockID, timestamp: Timestamp): Commit {
    const vote = { height: BigInt(height), round: 0, blockId, timestamp }
    const signature = this.#sign(hash.precommitSignBytes(this.#chainId, vote))
    const validatorAddress = this.#validator.address
    const signed = { blockIdFlag: FLAG_COMMIT, validatorAddress, timestamp, signature } as const
    return { height: BigInt(height), round: 0, blockId, signatures: [signed] }
  }
}

/** `MaxBlockSizeBytes`, where the parameter says "no limit". */
const MAX_BLOCK_BYTES = 104_857_600
/** Frame of a block, header, and commit of one validator (`MaxDataBytesNoEvidence`). */
const BLOCK_OVERHEAD = 11 + 626 + 94 + 111

/** What the parameters leave for transactions. */
export function txRules({ block }: ConsensusParams): TxRules {
  const given = Number(block?.maxBytes ?? -1n)
  return {
    maxBytes: (given === -1 ? MAX_BLOCK_BYTES : given) - BLOCK_OVERHEAD,
    maxGas: Number(block?.maxGas ?? -1n),
  }
}

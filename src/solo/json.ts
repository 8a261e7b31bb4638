/** CometBFT's JSON of what the node keeps: 64-bit integers as texts, hashes in upper-case hex, bytes in base64. */
import type { Event, ExecTxResult, ValidatorUpdate } from '#gen/tendermint/abci/types.ts'
import type { ProofOps } from '#gen/tendermint/crypto/proof.ts'
import type { ConsensusParams } from '#gen/tendermint/types/params.ts'
import type { BlockID, Commit, Header } from '#gen/tendermint/types/types.ts'
import { dataHash } from '#lib/block-hash.ts'
import { sha256 } from '#lib/hash.ts'
import { merkleProof } from '#lib/merkle.ts'
import type { QueryResponse } from '../abci/types.ts'
import { timeText } from './block-time.ts'
import type { BlockMeta, BlockOutcome, StoredTx } from './chain-store.ts'

const NO_TIME = { seconds: -62_135_596_800n, nanos: 0 }

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

export const hexText = (bytes: Uint8Array): string => bufferOf(bytes).toString('hex').toUpperCase()

export const base64Text = (bytes: Uint8Array): string => bufferOf(bytes).toString('base64')

/** Go tells no bytes at all from an empty list of them, and what was decoded from protobuf has none. */
const base64OrNull = (bytes: Uint8Array): string | null => (bytes.length === 0 ? null : base64Text(bytes))

const listOrNull = <T>(list: readonly T[]): readonly T[] | null => (list.length === 0 ? null : list)

export function blockIdJson({ hash, partSetHeader }: BlockID): object {
  const { total = 0, hash: parts = new Uint8Array() } = partSetHeader ?? {}
  return { hash: hexText(hash), parts: { total, hash: hexText(parts) } }
}

export function headerJson(header: Header): object {
  const { version, lastBlockId, time = NO_TIME } = header
  const { block = 0n, app = 0n } = version ?? {}
  return {
    version: { ...(block === 0n ? {} : { block: `${block}` }), ...(app === 0n ? {} : { app: `${app}` }) },
    chain_id: header.chainId,
    height: `${header.height}`,
    time: timeText(time),
    last_block_id: blockIdJson(lastBlockId ?? { hash: new Uint8Array(), partSetHeader: undefined }),
    last_commit_hash: hexText(header.lastCommitHash),
    data_hash: hexText(header.dataHash),
    validators_hash: hexText(header.validatorsHash),
    next_validators_hash: hexText(header.nextValidatorsHash),
    consensus_hash: hexText(header.consensusHash),
    app_hash: hexText(header.appHash),
    last_results_hash: hexText(header.lastResultsHash),
    evidence_hash: hexText(header.evidenceHash),
    proposer_address: hexText(header.proposerAddress),
  }
}

export function commitJson({ height, round, blockId, signatures }: Commit): object {
  return {
    height: `${height}`,
    round,
    block_id: blockIdJson(blockId ?? { hash: new Uint8Array(), partSetHeader: undefined }),
    signatures: signatures.map(({ blockIdFlag, validatorAddress, timestamp = NO_TIME, signature }) => ({
      block_id_flag: blockIdFlag,
      validator_address: hexText(validatorAddress),
      timestamp: timeText(timestamp),
      signature: base64OrNull(signature),
    })),
  }
}

export function blockJson({ header, lastCommit }: BlockMeta, txs: readonly Uint8Array[]): object {
  return {
    header: headerJson(header),
    data: { txs: txs.map(base64Text) },
    evidence: { evidence: [] },
    last_commit: commitJson(lastCommit),
  }
}

export function blockMetaJson({ id, size, header, txCount }: BlockMeta): object {
  return {
    block_id: blockIdJson(id),
    block_size: `${size}`,
    header: headerJson(header),
    num_txs: `${txCount}`,
  }
}

/** As protobuf's own JSON with all fields, which results of transactions and answers to queries have. */
export function resultJson(result: Omit<ExecTxResult, 'gasWanted' | 'gasUsed'> & GasUse): object {
  return {
    code: result.code,
    data: base64OrNull(result.data),
    log: result.log,
    info: result.info,
    gas_wanted: `${result.gasWanted}`,
    gas_used: `${result.gasUsed}`,
    events: result.events.map(({ type, attributes }) => ({ type, attributes: attributesJson(attributes) })),
    codespace: result.codespace,
  }
}

/** The result within an event of a transaction: a Go struct, which leaves out what is empty. */
export function eventResultJson(result: ExecTxResult): object {
  const { code, data, log, info, gasWanted, gasUsed, events, codespace } = result
  return {
    ...(code === 0 ? {} : { code }),
    ...(data.length === 0 ? {} : { data: base64Text(data) }),
    ...(log === '' ? {} : { log }),
    ...(info === '' ? {} : { info }),
    ...(gasWanted === 0n ? {} : { gas_wanted: `${gasWanted}` }),
    ...(gasUsed === 0n ? {} : { gas_used: `${gasUsed}` }),
    ...(events.length === 0 ? {} : { events: eventsJson(events) }),
    ...(codespace === '' ? {} : { codespace }),
  }
}

interface GasUse {
  readonly gasWanted: bigint | number
  readonly gasUsed: bigint | number
}

const attributesJson = (attributes: Event['attributes']) =>
  attributes.map(({ key, value, index }) => ({ key, value, index }))

/** Events of a block: a Go struct, which leaves out what is empty. */
export function eventsJson(events: readonly Event[]): readonly object[] {
  return events.map(({ type, attributes }) => ({
    ...(type === '' ? {} : { type }),
    ...(attributes.length === 0 ? {} : { attributes: attributesJson(attributes) }),
  }))
}

export function outcomeJson(height: number, outcome: BlockOutcome, results: readonly ExecTxResult[]): object {
  return {
    height: `${height}`,
    txs_results: listOrNull(results.map(resultJson)),
    finalize_block_events: listOrNull(eventsJson(outcome.events)),
    validator_updates: listOrNull(outcome.validatorUpdates.map(updateJson)),
    consensus_param_updates: changedParamsJson(outcome.consensusParamUpdates),
    app_hash: base64OrNull(outcome.appHash),
  }
}

/** A Go struct whose key is a oneof, which CometBFT writes under the name of the field in Go. */
function updateJson({ pubKey, power }: ValidatorUpdate): object {
  const value = { ed25519: base64Text(pubKey?.ed25519 ?? new Uint8Array()) }
  const sum = { type: 'tendermint.crypto.PublicKey_Ed25519', value }
  return { pub_key: { Sum: sum }, ...(power === 0n ? {} : { power: `${power}` }) }
}

/** `ResponseFinalizeBlock` within an event. */
export function finalizedJson(outcome: BlockOutcome, results: readonly ExecTxResult[]): object {
  const { events, validatorUpdates, consensusParamUpdates, appHash } = outcome
  return {
    ...(events.length === 0 ? {} : { events: eventsJson(events) }),
    ...(results.length === 0 ? {} : { tx_results: results.map(resultJson) }),
    validator_updates: listOrNull(validatorUpdates.map(updateJson)),
    ...(consensusParamUpdates === undefined
      ? {}
      : { consensus_param_updates: changedParamsJson(consensusParamUpdates) }),
    ...(appHash.length === 0 ? {} : { app_hash: base64Text(appHash) }),
  }
}

const nanoseconds = (duration: { seconds: bigint; nanos: number } | undefined): bigint =>
  (duration?.seconds ?? 0n) * 1_000_000_000n + BigInt(duration?.nanos ?? 0)

export function paramsJson({ block, evidence, validator, version, abci }: ConsensusParams): object {
  return {
    block: { max_bytes: `${block?.maxBytes ?? 0n}`, max_gas: `${block?.maxGas ?? 0n}` },
    evidence: {
      max_age_num_blocks: `${evidence?.maxAgeNumBlocks ?? 0n}`,
      max_age_duration: `${nanoseconds(evidence?.maxAgeDuration)}`,
      max_bytes: `${evidence?.maxBytes ?? 0n}`,
    },
    validator: { pub_key_types: validator?.pubKeyTypes ?? [] },
    version: { app: `${version?.app ?? 0n}` },
    abci: { vote_extensions_enable_height: `${abci?.voteExtensionsEnableHeight ?? 0n}` },
  }
}

/** Parameters as a block changed them: a protobuf message as a Go struct, which leaves out what is empty. */
function changedParamsJson(params: ConsensusParams | undefined): object | null {
  if (params === undefined) return null
  const { block, evidence, validator, version, abci } = params
  const present = (fields: Readonly<Record<string, bigint>>) =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([key, value]) => (value === 0n ? [] : [[key, `${value}`]])),
    )
  return {
    ...(block && { block: present({ max_bytes: block.maxBytes, max_gas: block.maxGas }) }),
    ...(evidence && {
      evidence: {
        ...present({ max_age_num_blocks: evidence.maxAgeNumBlocks }),
        max_age_duration: `${nanoseconds(evidence.maxAgeDuration)}`,
        ...present({ max_bytes: evidence.maxBytes }),
      },
    }),
    ...(validator && {
      validator: validator.pubKeyTypes.length === 0 ? {} : { pub_key_types: validator.pubKeyTypes },
    }),
    ...(version && { version: present({ app: version.app }) }),
    ...(abci && { abci: present({ vote_extensions_enable_height: abci.voteExtensionsEnableHeight }) }),
  }
}

/** A transaction with its result; with the transactions of its block also the proof that it stands there. */
export function txJson(found: StoredTx, block?: readonly Uint8Array[]): object {
  const { hash, height, index, result, tx } = found
  return {
    hash: hexText(hash),
    height: `${height}`,
    index,
    tx_result: resultJson(result),
    tx: base64Text(tx),
    ...(block === undefined ? {} : { proof: txProofJson(tx, index, block) }),
  }
}

function txProofJson(tx: Uint8Array, index: number, block: readonly Uint8Array[]): object {
  const hashes = block.map(sha256)
  const { total, leafHash, aunts } = merkleProof(hashes, index)
  return {
    root_hash: hexText(dataHash(hashes)),
    data: base64Text(tx),
    proof: {
      total: `${total}`,
      index: `${index}`,
      leaf_hash: base64Text(leafHash),
      aunts: aunts.map(base64Text),
    },
  }
}

export function queryJson(response: QueryResponse): object {
  return {
    code: response.code,
    log: response.log,
    info: response.info,
    index: '0',
    key: base64OrNull(response.key),
    value: base64OrNull(response.value),
    proofOps: proofOpsJson(response.proofOps),
    height: `${response.height}`,
    codespace: response.codespace,
  }
}

function proofOpsJson(proof: ProofOps | undefined): object | null {
  if (proof === undefined) return null
  const ops = proof.ops.map(({ type, key, data }) => ({
    type,
    key: base64OrNull(key),
    data: base64OrNull(data),
  }))
  return { ops }
}

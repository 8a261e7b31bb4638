import { PubKey } from '#gen/cosmos/crypto/ed25519/keys.ts'
import type { Any } from '#gen/google/protobuf/any.ts'
import type { Block } from '#gen/tendermint/types/block.ts'
import type { BlockID, Header } from '#gen/tendermint/types/types.ts'
import { fromBase64, fromHex, toBase64 } from '#lib/bytes.ts'
import { fromJson } from '#lib/proto-json.ts'
import { nodeErr } from './errors.ts'

/** A JSON object of CometBFT's RPC. */
export type CometObject = Readonly<Record<string, unknown>>

/*
 * CometBFT writes its structures almost as proto3 JSON does, but hashes and addresses in hex, some names as Go has
 * them, and evidence and keys as `{type, value}`. Here they are brought to proto3 JSON, and read by their definitions.
 */

const HEX = new Set([
  'hash',
  'last_commit_hash',
  'data_hash',
  'validators_hash',
  'next_validators_hash',
  'consensus_hash',
  'app_hash',
  'last_results_hash',
  'evidence_hash',
  'proposer_address',
  'validator_address',
  'address',
])

const RENAMED: Readonly<Record<string, string>> = {
  parts: 'part_set_header',
  TotalVotingPower: 'total_voting_power',
  ValidatorPower: 'validator_power',
  Timestamp: 'timestamp',
  ConflictingBlock: 'conflicting_block',
  CommonHeight: 'common_height',
  ByzantineValidators: 'byzantine_validators',
}

/** What stands in `{type, value}`: a member of a oneof. */
const TAGGED: Readonly<Record<string, string>> = {
  'tendermint/DuplicateVoteEvidence': 'duplicate_vote_evidence',
  'tendermint/LightClientAttackEvidence': 'light_client_attack_evidence',
  'tendermint/PubKeyEd25519': 'ed25519',
  'tendermint/PubKeySecp256k1': 'secp256k1',
}

function protoJson(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(protoJson)
  if (typeof json !== 'object' || json === null) return json
  const given = json as CometObject
  const tag = typeof given['type'] === 'string' ? TAGGED[given['type']] : undefined
  if (tag !== undefined) return { [tag]: protoJson(given['value']) }
  const proto: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    const bytes = HEX.has(key) && typeof value === 'string'
    proto[RENAMED[key] ?? key] = bytes ? toBase64(fromHex(value)) : protoJson(value)
  }
  return proto
}

/** A block with its id, as `block` answers. */
export interface CometBlock {
  readonly blockId: BlockID
  readonly block: Block & { readonly header: Header }
}

export function readBlock(json: unknown): CometBlock {
  const { block_id, block } = objectOf(json, 'block')
  return {
    blockId: fromJson<BlockID>('tendermint.types.BlockID', protoJson(block_id)),
    block: fromJson<CometBlock['block']>('tendermint.types.Block', protoJson(block)),
  }
}

/** The header that `header` answers; undefined where CometBFT has none. */
export function readHeader(json: unknown): Header | undefined {
  const { header } = objectOf(json, 'header')
  return header === null ? undefined : fromJson<Header>('tendermint.types.Header', protoJson(header))
}

/** An ed25519 key of CometBFT as the Cosmos SDK packs it. */
export function packConsensusKey(json: unknown): Any {
  const { type, value } = objectOf(json, 'pub_key')
  if (type !== 'tendermint/PubKeyEd25519')
    throw nodeErr.comet(`a validator has a key of type ${String(type)}`)
  const key = PubKey.encode({ key: fromBase64(textOf(value, 'pub_key.value')) }).finish()
  return { typeUrl: '/cosmos.crypto.ed25519.PubKey', value: key }
}

/** Reads what must be an object; `what` names it in the error. */
export function objectOf(json: unknown, what: string): CometObject {
  if (typeof json !== 'object' || json === null) throw nodeErr.comet(`its answer has no ${what}`)
  return json as CometObject
}

export function textOf(json: unknown, what: string): string {
  if (typeof json !== 'string') throw nodeErr.comet(`${what} in its answer is not a text`)
  return json
}

/** Reads what CometBFT leaves out or writes as null where it is empty. */
export function listOf(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : []
}

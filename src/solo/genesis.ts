import { readFileSync, statSync } from 'node:fs'
import type { Timestamp } from '#gen/google/protobuf/timestamp.ts'
import type { ConsensusParams } from '#gen/tendermint/types/params.ts'
import { sha256 } from '#lib/hash.ts'
import { readTime } from './block-time.ts'
import { SoloError } from './errors.ts'
import { MAX_GENESIS_BYTES } from './limits.ts'

/** The one validator that signs: its key, and the power it has. */
export interface SoloValidator {
  readonly address: Uint8Array
  readonly publicKey: Uint8Array
  readonly power: bigint
}

/** A genesis file as far as consensus reads it. */
export interface Genesis {
  readonly chainId: string
  readonly time: Timestamp
  readonly initialHeight: number
  readonly params: ConsensusParams
  readonly validator: SoloValidator
  /** `app_state` as JSON. */
  readonly appState: Uint8Array
  /** Of the file's bytes: data of another genesis is refused. */
  readonly hash: Uint8Array
  /** The document as CometBFT writes it, for `genesis`. */
  readonly document: object
}

interface GenesisJson {
  readonly genesis_time: string
  readonly chain_id: string
  readonly initial_height?: string
  readonly consensus_params: ParamsJson
  readonly validators?: readonly { pub_key: { type: string; value: string }; power: string; name?: string }[]
  readonly app_hash?: string
  readonly app_state?: unknown
}

interface ParamsJson {
  readonly block: { readonly max_bytes: string; readonly max_gas: string }
  readonly evidence: { max_age_num_blocks: string; max_age_duration: string; max_bytes: string }
  readonly validator: { readonly pub_key_types: readonly string[] }
  readonly version?: { readonly app?: string }
  readonly abci?: { readonly vote_extensions_enable_height?: string }
}

/** Reads the genesis of a chain whose only validator is the key `publicKey`; throws {@link SoloError}. */
export function readGenesis(file: string, publicKey: Uint8Array): Genesis {
  const { size } = statSync(file)
  if (size > MAX_GENESIS_BYTES)
    throw new SoloError(`${file} has ${size} bytes; solo mode reads at most ${MAX_GENESIS_BYTES}`, [
      'run this chain with CometBFT',
    ])
  const bytes = readFileSync(file)
  try {
    return genesisOf(JSON.parse(bytes.toString('utf8')) as GenesisJson, bytes, publicKey)
  } catch (error) {
    if (error instanceof SoloError) throw error
    throw new SoloError(`${file} is not a genesis file: ${(error as Error).message}`, [
      'correct it ("wadi genesis validate" names path, value and fix)',
    ])
  }
}

function genesisOf(json: GenesisJson, bytes: Uint8Array, publicKey: Uint8Array): Genesis {
  const time = readTime(json.genesis_time)
  if (time === undefined) throw new TypeError(`genesis_time ${json.genesis_time} is not RFC 3339`)
  const params = paramsOf(json.consensus_params)
  return {
    chainId: json.chain_id,
    time,
    initialHeight: Number(json.initial_height ?? 1),
    params,
    validator: onlyValidator(json, publicKey),
    appState: Buffer.from(JSON.stringify(json.app_state ?? {})),
    hash: sha256(bytes),
    document: documentOf(json),
  }
}

function onlyValidator({ validators = [] }: GenesisJson, publicKey: Uint8Array): SoloValidator {
  const [validator] = validators
  const key = Buffer.from(publicKey)
  if (validators.length !== 1 || validator?.pub_key.value !== key.toString('base64'))
    throw new SoloError(
      `the chain has ${validators.length} validators, and solo mode signs with one key only`,
      [
        'use solo mode with a genesis whose only validator is the key of this home',
        'or run this chain with CometBFT',
      ],
    )
  return { address: sha256(key).subarray(0, 20), publicKey, power: BigInt(validator.power) }
}

function paramsOf(json: ParamsJson): ConsensusParams {
  const nanoseconds = BigInt(json.evidence.max_age_duration)
  return {
    block: { maxBytes: BigInt(json.block.max_bytes), maxGas: BigInt(json.block.max_gas) },
    evidence: {
      maxAgeNumBlocks: BigInt(json.evidence.max_age_num_blocks),
      maxAgeDuration: { seconds: nanoseconds / 1_000_000_000n, nanos: Number(nanoseconds % 1_000_000_000n) },
      maxBytes: BigInt(json.evidence.max_bytes),
    },
    validator: { pubKeyTypes: [...json.validator.pub_key_types] },
    version: { app: BigInt(json.version?.app ?? 0) },
    abci: { voteExtensionsEnableHeight: BigInt(json.abci?.vote_extensions_enable_height ?? 0) },
  }
}

/** With the fields that CometBFT fills in when it reads the file. */
function documentOf(json: GenesisJson): object {
  const { consensus_params: params, validators = [], app_state } = json
  return {
    genesis_time: json.genesis_time,
    chain_id: json.chain_id,
    initial_height: json.initial_height ?? '1',
    consensus_params: {
      ...params,
      version: { app: params.version?.app ?? '0' },
      abci: { vote_extensions_enable_height: params.abci?.vote_extensions_enable_height ?? '0' },
    },
    validators: validators.map(({ pub_key, power, name }) => {
      const address = sha256(Buffer.from(pub_key.value, 'base64')).subarray(0, 20)
      return { address: Buffer.from(address).toString('hex').toUpperCase(), pub_key, power, name: name ?? '' }
    }),
    app_hash: json.app_hash ?? '',
    ...(app_state === undefined ? {} : { app_state }),
  }
}

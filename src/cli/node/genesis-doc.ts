import { closeSync, openSync, readSync } from 'node:fs'
import { type Ed25519Key, publicKeyJson, validatorAddress } from './keys.ts'

/** A validator as CometBFT's genesis lists it; `power` is a decimal string. */
export interface GenesisValidator {
  readonly address: string
  readonly pub_key: { readonly type: string; readonly value: string }
  readonly power: string
  readonly name: string
}

/** CometBFT's consensus parameters; 64-bit integers are decimal strings, durations nanoseconds. */
export interface GenesisConsensusParams {
  readonly block: { readonly max_bytes: string; readonly max_gas: string }
  readonly evidence: {
    readonly max_age_num_blocks: string
    readonly max_age_duration: string
    readonly max_bytes: string
  }
  readonly validator: { readonly pub_key_types: readonly string[] }
  readonly version: { readonly app: string }
  readonly abci: { readonly vote_extensions_enable_height: string }
}

/** The genesis file of CometBFT 0.38 with the application's state in it. */
export interface GenesisDoc {
  readonly genesis_time: string
  readonly chain_id: string
  readonly initial_height: string
  readonly consensus_params: GenesisConsensusParams
  readonly validators: readonly GenesisValidator[]
  readonly app_hash: string
  readonly app_state?: unknown
}

/**
 * Blocks of at most 4 MiB and 500 M gas; evidence for two days. On a busy machine the costliest messages ran 160 to 300
 * gas a microsecond, so a full block of them took two to three seconds there; an idle one has not been measured.
 */
export const DEFAULT_CONSENSUS_PARAMS: GenesisConsensusParams = {
  block: { max_bytes: '4194304', max_gas: '500000000' },
  evidence: { max_age_num_blocks: '100000', max_age_duration: '172800000000000', max_bytes: '1048576' },
  validator: { pub_key_types: ['ed25519'] },
  version: { app: '0' },
  abci: { vote_extensions_enable_height: '0' },
}

export function genesisValidator(key: Ed25519Key, name: string, power = 10n): GenesisValidator {
  return { address: validatorAddress(key), pub_key: publicKeyJson(key), power: power.toString(), name }
}

export interface GenesisOptions {
  readonly chainId: string
  readonly validators: readonly GenesisValidator[]
  readonly appState?: unknown
  readonly consensusParams?: GenesisConsensusParams
  /** RFC 3339; now when absent. Consensus starts when it has come. */
  readonly genesisTime?: string
}

export function genesisDoc(options: GenesisOptions): GenesisDoc {
  return {
    genesis_time: options.genesisTime ?? new Date().toISOString(),
    chain_id: options.chainId,
    initial_height: '1',
    consensus_params: options.consensusParams ?? DEFAULT_CONSENSUS_PARAMS,
    validators: options.validators,
    app_hash: '',
    ...(options.appState === undefined ? {} : { app_state: options.appState }),
  }
}

const HEAD_BYTES = 64 * 1024

/** The height of the first block, as the first 64 KiB of a genesis file say; 1 where they do not. */
export function genesisInitialHeight(file: string): number {
  return Number(/"initial_height"\s*:\s*"?(\d+)/.exec(genesisHead(file))?.[1] ?? 1)
}

/** The chain id in the first 64 KiB of a genesis file, which may be too large to parse; undefined when not there. */
export function genesisChainId(file: string): string | undefined {
  return /"chain_id"\s*:\s*"([^"\\]+)"/.exec(genesisHead(file))?.[1]
}

function genesisHead(file: string): string {
  const handle = openSync(file, 'r')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    return head.subarray(0, readSync(handle, head)).toString('utf8')
  } finally {
    closeSync(handle)
  }
}

import type { ConsensusParams } from '#gen/tendermint/types/params.ts'
import { fromJson, JsonError, type JsonObject } from '#lib/proto-json.ts'
import { availableVerifier } from '#lib/verifier-available.ts'
import { createApp } from '../../app/create.ts'
import { GenesisError } from '../../app/genesis.ts'
import type { Chain } from '../../kernel/chain.ts'
import type { CommittedState } from '../../store/committed.ts'
import { MultiStore } from '../../store/multistore.ts'
import { CommandError } from '../errors.ts'
import type { GenesisConsensusParams } from '../node/genesis-doc.ts'
import { inFile, membersOf, readGenesis, valueOf } from './document.ts'

/** What a valid genesis file holds. */
export interface ValidGenesis {
  readonly genesis: string
  readonly chain_id: string
  readonly validators: number
  readonly bytes: number
}

const CHAIN_ID = /^[a-zA-Z0-9._-]{1,50}$/

/** Starts a chain from a genesis file in memory, as a node would. Throws with file, place, value and fix. */
export function validateGenesis(file: string, chain: Chain): ValidGenesis {
  const bytes = readGenesis(file)
  return inFile(file, () => {
    const members = membersOf(bytes)
    const plain = (key: string): unknown => {
      const span = members.get(key)
      return span === undefined ? undefined : valueOf(bytes, span)
    }
    const bad = (path: string, problem: string) => new CommandError(`${file}: ${path}: ${problem}`)
    const chainId = plain('chain_id')
    if (typeof chainId !== 'string' || !CHAIN_ID.test(chainId)) {
      throw bad('chain_id', `${JSON.stringify(chainId)} is not 1 to 50 letters, digits, dots, - or _`)
    }
    const validators = plain('validators') ?? []
    if (!Array.isArray(validators)) throw bad('validators', 'is not a list')
    if (validators.length === 0)
      throw bad('validators', 'there are none: a chain needs at least one ("wadi init" makes one)')
    const state = members.get('app_state')
    if (state === undefined) throw bad('app_state', 'is missing: make a genesis with "wadi init"')
    const appStateBytes = bytes.subarray(state.start, state.end)
    const initialHeight = Number(plain('initial_height') ?? 1) || 1
    try {
      const consensusParams = consensusParamsOf(plain('consensus_params'))
      const time = timeOf(plain('genesis_time'))
      startChain(chain, { time, chainId, consensusParams, validators: [], appStateBytes, initialHeight })
    } catch (error) {
      if (error instanceof GenesisError || error instanceof JsonError)
        throw new CommandError(`${file}: ${error.message}`)
      throw error
    }
    return { genesis: file, chain_id: chainId, validators: validators.length, bytes: bytes.length }
  })
}

type InitChain = Parameters<ReturnType<typeof createApp>['initChain']>[0]

function startChain(chain: Chain, request: InitChain): void {
  const app = createApp({
    chain,
    state: emptyState(chain),
    verifier: availableVerifier(),
    minGasPrices: [],
    version: { software: 'validate', protocol: 1n },
    log: () => {},
  })
  app.initChain(request)
}

/** A state before the first block, which is never committed. */
function emptyState(chain: Chain): CommittedState {
  const store = new MultiStore(chain.stores)
  return {
    version: 0,
    appHash: new Uint8Array(),
    meta: new Uint8Array(),
    get: (slot, key) => store.get(slot, key),
    has: (slot, key) => store.has(slot, key),
    iterate: (slot, start, end, reverse) => store.iterate(slot, start, end, reverse),
    foundation: (expected) => store.foundation(expected),
    prepare: (version, changes, meta) => store.prepare(version, changes, meta),
    commit: () => store.publish(),
    discard: () => store.discard(),
  }
}

/** CometBFT writes the same parameters, but durations as nanoseconds. */
function consensusParamsOf(json: unknown): ConsensusParams | undefined {
  if (json === undefined || json === null) return undefined
  const { evidence } = json as Partial<GenesisConsensusParams>
  const nanos = evidence?.max_age_duration
  const duration =
    typeof nanos === 'string' && /^\d{1,20}$/.test(nanos) ? { max_age_duration: seconds(BigInt(nanos)) } : {}
  const proto = { ...(json as JsonObject), evidence: { ...evidence, ...duration } }
  return fromJson<ConsensusParams>('tendermint.types.ConsensusParams', proto, 'consensus_params')
}

function seconds(nanos: bigint): string {
  return `${nanos / 1_000_000_000n}.${(nanos % 1_000_000_000n).toString().padStart(9, '0')}s`
}

function timeOf(json: unknown): InitChain['time'] {
  return fromJson<InitChain['time']>(
    'google.protobuf.Timestamp',
    json ?? new Date(0).toISOString(),
    'genesis_time',
  )
}

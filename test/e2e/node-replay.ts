import { readFileSync } from 'node:fs'
import type { ConsensusParams } from '#gen/tendermint/types/params.ts'
import { fromHex, toHex, utf8 } from '#lib/bytes.ts'
import { nativeVerifier } from '#lib/verifier-native.ts'
import { bank } from '#modules/bank/api.ts'
import { chain } from '#modules/chain.ts'
import type { ExecTxResult } from '../../src/abci/types.ts'
import { createApp } from '../../src/app/create.ts'
import type { GenesisConsensusParams, GenesisDoc } from '../../src/cli/node/genesis-doc.ts'
import type { BlockTime } from '../../src/kernel/context.ts'
import { Context } from '../../src/kernel/context.ts'
import { Overlay } from '../../src/store/overlay.ts'
import { MemoryState } from '../../src/testing/memory-state.ts'
import { accounts, blockAt, FUNDS, resultsAt, type StoredBlock } from './node-kit.ts'
import { ledgerOf, type Send } from './node-load.ts'

export interface Replay {
  readonly height: number
  readonly sends: number
}

/**
 * Executes the blocks that a node has once more, from genesis, in an application that nobody disturbs. Throws at
 * the first app hash or result that differs, and where balances are not what the transfers add up to.
 */
export async function replay(
  rpcUrl: string,
  genesisFile: string,
  height: number,
  offered: ReadonlyMap<string, Send>,
): Promise<Replay> {
  const state = new MemoryState(chain.stores)
  const app = begin(state, JSON.parse(readFileSync(genesisFile, 'utf8')) as GenesisDoc)
  const blocks: StoredBlock[] = []
  const codes: number[][] = []
  for (let at = 1; at <= height; at++) {
    const block = await blockAt(rpcUrl, at)
    const before = at === 1 ? undefined : toHex(state.appHash).toUpperCase()
    if (before !== undefined && block.appHash !== before) {
      throw new Error(`block ${at} carries app hash ${block.appHash}, a replay comes to ${before}`)
    }
    const results = execute(app, block)
    const kept = await resultsAt(rpcUrl, at)
    if (JSON.stringify(kept) !== JSON.stringify(results)) {
      throw new Error(
        `results of block ${at}: ${JSON.stringify(kept)}, a replay has ${JSON.stringify(results)}`,
      )
    }
    blocks.push(block)
    codes.push(kept.map(({ code }) => code))
  }
  const { balances, sequences, sends } = ledgerOf(blocks, codes, offered, FUNDS)
  const ctx = new Context({
    store: new Overlay(state),
    slots: chain.slots,
    height: BigInt(height),
    time: { seconds: 0n, nanos: 0 },
    chainId: '',
  })
  for (const [i, { address }] of accounts.entries()) {
    const held = bank.balance(ctx, address, 'awadi')
    const sequence = chain.accountOf(ctx, address)?.sequence
    if (held !== balances[i] || sequence !== sequences[i]) {
      throw new Error(
        `account ${i} has ${held} and sequence ${sequence}, the transfers lead to ${balances[i]} and ${sequences[i]}`,
      )
    }
  }
  return { height, sends }
}

type App = ReturnType<typeof createApp>

function begin(state: MemoryState, genesis: GenesisDoc): App {
  const app = createApp({
    chain,
    state,
    verifier: nativeVerifier(),
    minGasPrices: [],
    checkInvariants: true,
    version: { software: 'replay', protocol: 1n },
    log: () => {},
  })
  app.initChain({
    time: timeOf(genesis.genesis_time),
    chainId: genesis.chain_id,
    consensusParams: paramsOf(genesis.consensus_params),
    validators: [],
    appStateBytes: utf8(JSON.stringify(genesis.app_state)),
    initialHeight: Number(genesis.initial_height),
  })
  return app
}

function execute(app: App, block: StoredBlock): { code: number; gasUsed: number }[] {
  const { txs, height } = block
  const results: ExecTxResult[] = []
  const request = {
    txs,
    height,
    misbehavior: [],
    hash: fromHex(block.hash.toLowerCase()),
    time: timeOf(block.time),
    nextValidatorsHash: fromHex(block.nextValidatorsHash.toLowerCase()),
    proposerAddress: fromHex(block.proposer.toLowerCase()),
    decidedLastCommit: undefined,
  }
  app.finalizeBlock(request, results)
  app.commit()
  return results.map(({ code, gasUsed }) => ({ code, gasUsed }))
}

/** RFC 3339 with up to nine decimals, as CometBFT writes it. */
function timeOf(text: string): BlockTime {
  const [, whole = '', fraction = ''] = /^([^.Z]+)(?:\.(\d+))?Z$/.exec(text) ?? []
  return { seconds: BigInt(Date.parse(`${whole}Z`) / 1_000), nanos: Number(fraction.padEnd(9, '0')) }
}

function paramsOf({ block, evidence, validator, version, abci }: GenesisConsensusParams): ConsensusParams {
  const age = BigInt(evidence.max_age_duration)
  return {
    block: { maxBytes: BigInt(block.max_bytes), maxGas: BigInt(block.max_gas) },
    evidence: {
      maxAgeNumBlocks: BigInt(evidence.max_age_num_blocks),
      maxAgeDuration: { seconds: age / 1_000_000_000n, nanos: Number(age % 1_000_000_000n) },
      maxBytes: BigInt(evidence.max_bytes),
    },
    validator: { pubKeyTypes: [...validator.pub_key_types] },
    version: { app: BigInt(version.app) },
    abci: { voteExtensionsEnableHeight: BigInt(abci.vote_extensions_enable_height) },
  }
}

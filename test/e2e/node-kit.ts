import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type AppState, fundedState, readTemplate } from '../../src/cli/commands/templates.ts'
import { type Localnet, runLocalnet } from '../../src/cli/node/localnet.ts'
import { initLocalnet } from '../../src/cli/node/localnet-files.ts'
import type { AppCommand, LocalnetNode } from '../../src/cli/node/localnet-node.ts'
import { rpcGet } from '../../src/cli/node/rpc.ts'
import type { Pruning } from '../../src/store/pruning.ts'
import { TestAccount } from '../../src/testing/accounts.ts'

/** The program as its users run it. */
export const WADI: string = fileURLToPath(new URL('../../src/bin/wadi.ts', import.meta.url))

export const CHAIN_ID = 'wadi-e2e-1'
export const BLOCK_TIME_MS = 200
/** Of awadi, for each account. */
export const FUNDS: bigint = 10n ** 24n
/** Who has money; their account numbers are their places. */
export const accounts: readonly TestAccount[] = Array.from(
  { length: 8 },
  (_, i) => new TestAccount(`e2e ${i}`, i % 4 === 3 ? 'ethsecp256k1' : 'secp256k1'),
)

/** That a peer is gone is what a test brings about. */
const LOG_LEVEL = 'p2p:none,*:error'

/** The file in a home where its application writes down every ABCI frame. */
export const traceFile = (home: string): string => join(home, 'abci-trace.jsonl')

/** The command line of one node, traced. */
export function startCommand(home: string): AppCommand {
  const args = [WADI, 'start', '--home', home, '--log-level', LOG_LEVEL, '--trace-abci', traceFile(home)]
  return { command: process.execPath, args }
}

export const appState = (): AppState =>
  fundedState(
    readTemplate('localnet'),
    accounts.map(({ address }) => address),
    FUNDS,
  )

export interface TestNet {
  readonly net: Localnet
  readonly dir: string
  readonly node: (index: number) => LocalnetNode
  /** Ends every node and removes the folder. */
  readonly remove: () => Promise<void>
}

/** Starts a net of the chain itself: free ports, 200 ms blocks, every account funded, a snapshot every ten blocks. */
export async function startNet(
  validators: number,
  app: { readonly pruning?: Pruning } = {},
): Promise<TestNet> {
  const dir = mkdtempSync(join(tmpdir(), 'wadi-e2e-'))
  const template = readTemplate('localnet')
  try {
    await initLocalnet({
      dir: join(dir, 'net'),
      validators,
      basePort: 0,
      blockTimeMs: BLOCK_TIME_MS,
      chainId: CHAIN_ID,
      appState: appState(),
      consensusParams: template.consensus_params,
      app: { snapshotInterval: 10, ...app },
    })
    const net = await runLocalnet({ dir: join(dir, 'net'), appCommand: startCommand })
    const remove = async () => {
      await net.stop()
      rmSync(dir, { recursive: true, force: true })
    }
    return { net, dir, remove, node: (index) => net.nodes[index] as LocalnetNode }
  } catch (error) {
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
}

/** A block as CometBFT keeps it. */
export interface StoredBlock {
  readonly height: number
  readonly hash: string
  readonly time: string
  /** State after the block before, in hexadecimal. */
  readonly appHash: string
  readonly proposer: string
  readonly nextValidatorsHash: string
  readonly txs: readonly Uint8Array[]
}

interface BlockAnswer {
  readonly block_id: { readonly hash: string }
  readonly block: {
    readonly header: {
      readonly height: string
      readonly time: string
      readonly app_hash: string
      readonly proposer_address: string
      readonly next_validators_hash: string
    }
    readonly data: { readonly txs: readonly string[] | null }
  }
}

/** A block of a node that has it. */
export async function blockAt(rpcUrl: string, height: number): Promise<StoredBlock> {
  const answer = (await rpcGet(rpcUrl, `/block?height=${height}`)) as BlockAnswer | undefined
  if (answer === undefined) throw new Error(`${rpcUrl} has no block ${height}`)
  const { header, data } = answer.block
  return {
    height: Number(header.height),
    hash: answer.block_id.hash,
    time: header.time,
    appHash: header.app_hash,
    proposer: header.proposer_address,
    nextValidatorsHash: header.next_validators_hash,
    txs: (data.txs ?? []).map((text) => Buffer.from(text, 'base64')),
  }
}

/** Codes and gas of a block's transactions, as CometBFT keeps them. */
export async function resultsAt(
  rpcUrl: string,
  height: number,
): Promise<readonly { readonly code: number; readonly gasUsed: number }[]> {
  const answer = (await rpcGet(rpcUrl, `/block_results?height=${height}`)) as
    | { readonly txs_results: readonly { readonly code: number; readonly gas_used: string }[] | null }
    | undefined
  if (answer === undefined) throw new Error(`${rpcUrl} has no results of block ${height}`)
  return (answer.txs_results ?? []).map(({ code, gas_used }) => ({ code, gasUsed: Number(gas_used) }))
}

/** Hash of the state after `height`, as the next block carries it; every one of `nodes` must say the same. */
export async function commonAppHash(nodes: readonly LocalnetNode[], height: number): Promise<string> {
  await Promise.all(nodes.map((node) => node.waitHeight(height + 1)))
  const hashes = await Promise.all(
    nodes.map(async ({ rpcUrl }) => (await blockAt(rpcUrl, height + 1)).appHash),
  )
  if (new Set(hashes).size !== 1) throw new Error(`after height ${height}: app hashes ${hashes.join(', ')}`)
  return hashes[0] as string
}

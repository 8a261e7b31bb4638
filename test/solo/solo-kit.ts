import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { chain } from '#modules/chain.ts'
import type { AbciApp } from '../../src/abci/types.ts'
import { keyFromSeed } from '../../src/cli/node/keys.ts'
import { ChainStore } from '../../src/solo/chain-store.ts'
import { readGenesis } from '../../src/solo/genesis.ts'
import type { MempoolLimits } from '../../src/solo/mempool.ts'
import type { Mining } from '../../src/solo/miner.ts'
import { SoloNode } from '../../src/solo/node.ts'
import { RpcServer } from '../../src/solo/rpc/http.ts'
import { soloService } from '../../src/solo/service.ts'
import { ed25519Signer } from '../../src/solo/signer.ts'
import { TestAccount, type TxOptions } from '../../src/testing/accounts.ts'
import { TestChain } from '../../src/testing/chain.ts'
import { MemoryState } from '../../src/testing/memory-state.ts'
import { message } from '../../src/testing/types.ts'

export const CHAIN_ID = 'wadi-solo-1'
export const accounts: readonly TestAccount[] = Array.from(
  { length: 4 },
  (_, i) => new TestAccount(`solo ${i}`),
)
export const FUNDS = 10n ** 24n

const validator = keyFromSeed(new Uint8Array(32).fill(1))

const appState = {
  system: { authority: accounts[0]?.address },
  auth: {
    accounts: accounts.map(({ address }, i) => ({
      '@type': '/cosmos.auth.v1beta1.BaseAccount',
      address,
      account_number: `${i}`,
    })),
  },
  bank: {
    balances: accounts.map(({ address }) => ({ address, coins: [{ denom: 'awadi', amount: `${FUNDS}` }] })),
  },
  asset: {},
}

const genesis = {
  genesis_time: '2026-01-02T03:04:05.678Z',
  chain_id: CHAIN_ID,
  initial_height: '1',
  consensus_params: {
    block: { max_bytes: '4194304', max_gas: '100000000' },
    evidence: { max_age_num_blocks: '100000', max_age_duration: '172800000000000', max_bytes: '1048576' },
    validator: { pub_key_types: ['ed25519'] },
    version: { app: '0' },
    abci: { vote_extensions_enable_height: '0' },
  },
  validators: [
    {
      pub_key: {
        type: 'tendermint/PubKeyEd25519',
        value: Buffer.from(validator.publicKey).toString('base64'),
      },
      power: '10',
      name: 'solo',
    },
  ],
  app_hash: '',
  app_state: appState,
}

export interface KitOptions {
  readonly mining?: Mining
  readonly mempool?: Partial<MempoolLimits>
  /** Folder of an earlier node, to go on from. */
  readonly folder?: string
  /** State of an earlier node. */
  readonly state?: MemoryState
  /** Wraps the application, to count or to fail. */
  readonly wrap?: (app: AbciApp) => AbciApp
  readonly clock?: () => number
}

/** A solo node in this process: the real application over memory, the real store on disk, the real RPC. */
export interface SoloKit {
  readonly node: SoloNode
  /** The same application's state, for accounts that sign. */
  readonly test: TestChain
  readonly state: MemoryState
  readonly folder: string
  readonly rpc: string
  readonly replayed: number
  /** Errors that the RPC did not expect. */
  readonly bugs: unknown[]
  /** Closes it, and keeps the folder. */
  close(): Promise<void>
  /** Closes it and removes the folder. */
  remove(): Promise<void>
}

/** Starts a node that makes blocks when it is told to, unless the options say otherwise. */
export async function startSoloKit(options: KitOptions = {}): Promise<SoloKit> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'wadi-solo-'))
  const file = join(folder, 'genesis.json')
  writeFileSync(file, JSON.stringify(genesis))
  const store = ChainStore.open(folder)
  const state = options.state ?? new MemoryState(chain.stores)
  // What the process before had not committed went with it.
  state.discard()
  const test = TestChain.create(chain, { state, genesis: appState, chainId: CHAIN_ID })
  const app = withQueries(test)
  const bugs: unknown[] = []
  const node = new SoloNode({
    genesis: readGenesis(file, validator.publicKey),
    sign: ed25519Signer(validator.seed),
    store,
    app: options.wrap?.(app) ?? app,
    indexed: () => true,
    info: { id: randomBytes(20).toString('hex'), moniker: 'kit', version: '0.38.25+solo' },
    mining: options.mining ?? { kind: 'manual' },
    beforeBlock: () => {},
    ...(options.mempool === undefined ? {} : { mempool: options.mempool }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  })
  const { replayed } = node.start()
  const server = new RpcServer(soloService(node, undefined, (error) => bugs.push(error)))
  const rpc = await server.listen({ host: '127.0.0.1', port: 0 })
  node.rpcAddress = rpc.replace('http', 'tcp')
  const close = async () => {
    node.miner.pause()
    await server.close()
    store.close()
  }
  const remove = async () => {
    await close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { node, test, state, folder, rpc, replayed, bugs, close, remove }
}

/** The application of a test chain, which answers no queries. */
function withQueries(test: TestChain): AbciApp {
  const { app } = test
  return {
    info: () => app.info(),
    initChain: (req) => app.initChain(req),
    checkTx: (tx, recheck) => app.checkTx(tx, recheck),
    prepareProposal: (req) => app.prepareProposal(req),
    processProposal: (req) => app.processProposal(req),
    finalizeBlock: (req, results) => app.finalizeBlock(req, results),
    commit: () => app.commit(),
    disconnected: () => app.disconnected(),
    query: async () => ({
      code: 0,
      log: '',
      info: '',
      key: new Uint8Array(),
      value: new Uint8Array(),
      proofOps: undefined,
      height: test.height,
      codespace: '',
    }),
  }
}

/** A signed transfer of awadi between two of the accounts. */
export function sendTx(
  kit: SoloKit,
  from: number,
  to: number,
  amount: bigint,
  options: TxOptions = {},
): Uint8Array {
  const [sender, receiver] = [accounts[from], accounts[to]] as [TestAccount, TestAccount]
  const fields = {
    fromAddress: sender.address,
    toAddress: receiver.address,
    amount: [{ denom: 'awadi', amount: `${amount}` }],
  }
  return sender.tx(kit.test, [message(MsgSend, fields)], options)
}

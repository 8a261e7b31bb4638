import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChainStore } from '../../solo/chain-store.ts'
import { DevTools, finishRevert } from '../../solo/dev.ts'
import { readGenesis } from '../../solo/genesis.ts'
import type { Mining } from '../../solo/miner.ts'
import { SoloNode } from '../../solo/node.ts'
import { RpcServer } from '../../solo/rpc/http.ts'
import { soloService } from '../../solo/service.ts'
import { ed25519Signer } from '../../solo/signer.ts'
import type { NodeContext } from '../context.ts'
import { type AppLog, explainHalt, indexPredicate, type QueryDoors } from './app-server.ts'
import { readMempoolLimits } from './cometbft-toml.ts'
import { NodeError } from './errors.ts'
import type { ExitReason } from './exit-reason.ts'
import type { Address, NodeHome } from './home.ts'
import { keyFromJson } from './keys.ts'
import type { RunLock } from './run-record.ts'
import { SoloApp } from './solo-app.ts'
import { refuseCometbftHome, soloFolder } from './solo-home.ts'

/** The release whose RPC solo mode speaks; the part behind the plus says that it is not that release. */
const VERSION = '0.38.25+solo'

export interface SoloOptions {
  readonly home: NodeHome
  /** Taken already; released when the node has ended, not where it cannot begin. */
  readonly lock: RunLock
  readonly log: AppLog
  readonly rpc: Address
  readonly rest: Address & { readonly cors?: readonly string[] }
  readonly grpc: Address
  readonly mining: Mining
}

/** A solo node that runs. */
export interface RunningSolo {
  readonly rpcUrl: string
  /** Where REST and gRPC listen, once they do; rejects if they cannot. */
  readonly serving: Promise<QueryDoors>
  readonly height: () => number
  /** The folder held blocks before. */
  readonly continued: boolean
  /** Blocks the application had missed, because the process was killed. */
  readonly replayed: number
  /** Resolves when everything is closed. */
  readonly exited: Promise<ExitReason>
  stop(): Promise<ExitReason>
}

/** Runs a home without CometBFT: the application and the producer of its blocks in this one process. */
export async function startSolo(context: NodeContext, options: SoloOptions): Promise<RunningSolo> {
  const { home, lock, log } = options
  const closing: (() => Promise<void> | void)[] = []
  try {
    refuseCometbftHome(home.paths)
    const key = keyFromJson(JSON.parse(readFileSync(home.paths.validatorKey, 'utf8')))
    if (key === undefined)
      throw new NodeError('home-damaged', `${home.paths.validatorKey} holds no ed25519 key`, ['restore it'])
    const genesis = readGenesis(home.paths.genesis, key.publicKey)
    const store = ChainStore.open(soloFolder(home.paths))
    closing.unshift(() => store.close())
    const app = new SoloApp(context, options)
    finishRevert(store, (folder) => app.replaceState(folder))
    closing.unshift(() => app.close())
    const node = new SoloNode({
      genesis,
      sign: ed25519Signer(key.seed),
      store,
      app: await app.open(),
      indexed: indexPredicate(home.app.indexEvents),
      info: { id: home.nodeId, moniker: `${home.moniker} (solo)`, version: VERSION },
      mining: options.mining,
      beforeBlock: (actions) => app.beforeBlock(actions),
      mempool: readMempoolLimits(home.paths.cometbftToml),
    })
    closing.unshift(() => node.miner.pause())
    const continued = store.height > 0
    const { replayed } = node.start()
    const dev = new DevTools(node, app, join(soloFolder(home.paths), 'snapshots'))
    const server = new RpcServer(soloService(node, dev, (error) => log('error', 'the RPC failed', { error })))
    const rpcUrl = await server.listen(options.rpc)
    closing.unshift(() => server.close())
    node.rpcAddress = rpcUrl.replace('http', 'tcp')
    lock.update({ rpcUrl })
    closing.push(() => lock.release())
    return {
      ...supervise(node, home, closing),
      rpcUrl,
      serving: app.serving,
      replayed,
      continued,
      height: () => store.height,
    }
  } catch (error) {
    await closeAll(closing)
    throw explainHalt(error as Error, home)
  }
}

function supervise(node: SoloNode, home: NodeHome, closing: readonly (() => Promise<void> | void)[]) {
  let ask: () => void = () => {}
  const asked = new Promise<ExitReason>((resolve) => {
    ask = () => resolve({ kind: 'stopped' })
  })
  const failed = node.failed.then((error): ExitReason => ({ kind: 'app', error: explainHalt(error, home) }))
  const exited = Promise.race([asked, failed]).then(async (reason) => {
    await closeAll(closing)
    return reason
  })
  const stop = () => {
    ask()
    return exited
  }
  return { exited, stop }
}

/** Closes in the reverse order of opening, all of it. */
async function closeAll(closing: readonly (() => Promise<void> | void)[]): Promise<void> {
  for (const close of closing) await close()
}

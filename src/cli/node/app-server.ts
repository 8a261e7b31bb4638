import type { Verifier } from '#lib/verifier.ts'
import { availableVerifier } from '#lib/verifier-available.ts'
import { nativeVerifier } from '#lib/verifier-native.ts'
import { AbciServer } from '../../abci/server.ts'
import type { FrameTrace } from '../../abci/trace.ts'
import type { AbciApp } from '../../abci/types.ts'
import { createApp } from '../../app/create.ts'
import { GenesisError } from '../../app/genesis.ts'
import type { Chain } from '../../kernel/chain.ts'
import { openQueryPool, type QueryPool } from '../../query/pool.ts'
import type { QueryThread } from '../../query/thread.ts'
import { historyDirectory } from '../../store/history.ts'
import { keptHeights, type Pruning, storageFor } from '../../store/pruning.ts'
import { openStorage, type Storage } from '../../store/storage.ts'
import { NodeError } from './errors.ts'
import { parseGasPrices } from './gas-prices.ts'
import { genesisInitialHeight } from './genesis-doc.ts'
import type { Address, NodeHome } from './home.ts'
import type { AppServer } from './supervisor.ts'

export type AppLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void

export interface AppServerOptions {
  readonly home: NodeHome
  readonly chain: Chain
  readonly software: string
  readonly log: AppLog
  readonly rpcUrl: string
  /** Instead of the address in `app.toml`, and of the origins there. */
  readonly rest?: Address & { readonly cors?: readonly string[] }
  /** Instead of what `app.toml` says. */
  readonly pruning?: Pruning
  /** Instead of the address in `app.toml`. */
  readonly grpc?: Address
  readonly trace?: FrameTrace
  readonly upgradeHeight?: number
  /** Checks signatures without the native verifier where that is missing, and says so; a validator must have it. */
  readonly portable?: boolean
  /** Where queries will run; its code loads already. */
  readonly queryThread?: QueryThread
}

/** The application of a home: its state is recovered and its query worker started by `open`. */
export interface NodeApp extends AppServer {
  readonly failed: Promise<Error>
  open(): Promise<void>
  /** The last committed height, once it is open. */
  height(): Promise<number>
  /** Resolves when queries are answered; rejects if they cannot be. */
  serving(): Promise<QueryDoors>
}

/** Where queries are answered beside `abci_query`; undefined for a door that is off. */
export interface QueryDoors {
  /** As `http://127.0.0.1:1317`. */
  readonly restUrl: string | undefined
  /** As `127.0.0.1:9090`. */
  readonly grpcAddress: string | undefined
}

/** Protocol version in block headers: a change of the state machine that old nodes cannot follow raises it. */
export const PROTOCOL_VERSION = 1n

/**
 * Serves the application of a home, as the supervisor asks: it listens, opens the state while CometBFT starts, and
 * answers what came meanwhile. `failed` resolves when the application halts, which it does rather than diverge.
 */
export function nodeApp(options: AppServerOptions): NodeApp {
  const { home, log } = options
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<Error>((resolve) => {
    fail = (error) => resolve(explainHalt(error, home))
  })
  const server = new AbciServer(undefined, {
    onHalt: fail,
    onProtocolError: (error) => log('error', error.message),
    indexEvents: indexPredicate(home.app.indexEvents),
    ...(options.trace === undefined ? {} : { trace: options.trace }),
  })
  let opening: Promise<OpenedApp> | undefined
  return {
    failed,
    listen: (socket) => server.listen(`unix://${socket}`),
    async open() {
      opening = openApp(options)
      const { app } = await opening
      server.serve(app)
    },
    height: async () => (await opening)?.storage.version ?? 0,
    serving: async () => (await opening)?.serving ?? { restUrl: undefined, grpcAddress: undefined },
    async close() {
      await server.close()
      const opened = await opening?.catch(() => undefined)
      await opened?.pool.close()
      await opened?.storage.close()
    },
  }
}

/** An application over its data folder, and what belongs to it. */
export interface OpenedApp {
  readonly app: AbciApp
  readonly storage: Storage
  readonly pool: QueryPool
  readonly serving: Promise<QueryDoors>
}

/** Recovers the state of a home and starts its query worker. */
export async function openApp(options: AppServerOptions): Promise<OpenedApp> {
  const { home, chain, log } = options
  const storage = await openStorage(home.paths.appData, chain.stores, {
    snapshotInterval: home.app.snapshotInterval,
    initialVersion: genesisInitialHeight(home.paths.genesis),
    ...storageFor(options.pruning ?? home.app.pruning),
    report: (message) => log('info', message),
  })
  try {
    return overStorage(options, storage)
  } catch (error) {
    await storage.close()
    throw error
  }
}

function overStorage(options: AppServerOptions, storage: Storage): OpenedApp {
  const { home, chain, log } = options
  const app = createApp({
    chain,
    state: storage,
    verifier: verifierOf(options),
    minGasPrices: parseGasPrices(home.app.minimumGasPrices),
    version: { software: options.software, protocol: PROTOCOL_VERSION },
    log,
    ...(options.upgradeHeight === undefined ? {} : { upgradeHeight: options.upgradeHeight }),
  })
  const rest = { ...home.app.rest, ...options.rest }
  const grpc = { ...home.app.grpc, ...options.grpc }
  const { pool, serving } = openQueryPool({
    store: storage.store,
    rpcUrl: options.rpcUrl,
    rest: rest.enabled ? (options.rest ?? rest) : undefined,
    grpc: grpc.enabled ? grpc : undefined,
    minGasPrices: home.app.minimumGasPrices,
    software: options.software,
    pruning: keptHeights(options.pruning ?? home.app.pruning),
    history: historyDirectory(home.paths.appData),
    log,
    thread: options.queryThread,
  })
  const doors = serving.then(
    () => ({ restUrl: pool.restUrl, grpcAddress: pool.grpcAddress }),
    (error) => {
      throw explainDoor(error, home)
    },
  )
  // Whoever waits for it is told as well; an application that is closed at once has nobody who does.
  doors.catch(() => {})
  return { app: withQueries(app, pool), storage, pool, serving: doors }
}

function verifierOf({ portable = false, log }: AppServerOptions): Verifier {
  if (!portable) return nativeVerifier()
  return availableVerifier(({ message }) => log('warn', `signatures are checked slowly: ${message}`))
}

/** The application knows the document; this knows which file it came from. */
export function explainHalt(error: Error, { paths }: NodeHome): Error {
  if (!(error instanceof GenesisError)) return error
  return new NodeError(
    'start-failed',
    `the genesis file ${paths.genesis} cannot start a chain: ${error.message}`,
    [
      'correct it there, and start again: nothing was committed yet',
      'or take the genesis file of the chain that this node is to follow',
    ],
  )
}

/** The worker knows the door and its address; this knows where the address was set. */
function explainDoor(error: Error, { paths }: NodeHome): Error {
  const [, name, address] = /^(\w+): .*EADDRINUSE.* (\S+)$/.exec(error.message) ?? []
  if (name === undefined) return error
  const section = name === 'REST' ? '[api]' : '[grpc]'
  return new NodeError('port-taken', `the ${name} address ${address} is taken`, [
    `stop what listens there, or change ${section} address in ${paths.appToml}`,
  ])
}

/** The application with queries answered elsewhere: they never run on the thread that executes blocks. */
function withQueries(app: Omit<AbciApp, 'query'>, pool: QueryPool): AbciApp {
  return {
    info: (req) => app.info(req),
    initChain: (req) => app.initChain(req),
    checkTx: (tx, recheck) => app.checkTx(tx, recheck),
    prepareProposal: (req) => app.prepareProposal(req),
    processProposal: (req) => app.processProposal(req),
    finalizeBlock: (req, results) => app.finalizeBlock(req, results),
    commit: () => app.commit(),
    disconnected: () => app.disconnected(),
    query: (req) => pool.query(req),
  }
}

/** `type.attribute` names → which attributes CometBFT indexes; `*` in the list stands for all of them. */
export function indexPredicate(names: readonly string[]): (type: string, key: string) => boolean {
  if (names.includes('*')) return () => true
  const wanted = new Set(names)
  return (type, key) => wanted.has(`${type}.${key}`)
}

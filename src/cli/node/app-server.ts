import type { Verifier } from '#lib/verifier.ts'
import { availableVerifier } from '#lib/verifier-available.ts'
import { nativeVerifier } from '#lib/verifier-native.ts'
import { AbciServer } from '../../abci/server.ts'
import type { FrameTrace } from '../../abci/trace.ts'
import type { AbciApp } from '../../abci/types.ts'
import type { AppVersion } from '../../app/app.ts'
import { createApp } from '../../app/create.ts'
import { GenesisError } from '../../app/genesis.ts'
import { SignatureCache } from '../../app/sigcache.ts'
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
import { Telemetry } from './telemetry/telemetry.ts'

export type AppLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void

/** A log for lines of one part of the application; the part is the field `module`. */
function moduleLog(log: AppLog, module: string): AppLog {
  return (level, message, fields) => log(level, message, { module, ...fields })
}

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
  /** Instead of the address in `app.toml`. */
  readonly telemetry?: Address
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
  /** Resolves with `http://host:port` of telemetry if it is on; rejects if its port is taken. */
  telemetry(): Promise<string | undefined>
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
  const { home } = options
  let telemetry: Telemetry | undefined
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<Error>((resolve) => {
    fail = (error) => {
      telemetry?.halted(error)
      resolve(explainHalt(error, home))
    }
  })
  const abciLog = moduleLog(options.log, 'abci')
  const server = new AbciServer(undefined, {
    onHalt: fail,
    onProtocolError: (error) => abciLog('error', error.message),
    indexEvents: indexPredicate(home.app.indexEvents),
    ...(options.trace === undefined ? {} : { trace: options.trace }),
  })
  telemetry = telemetryOf(options, server)
  const told = telemetry
  let opening: Promise<OpenedApp> | undefined
  let telling: Promise<string | undefined> | undefined
  return {
    failed,
    listen: (socket) => server.listen(`unix://${socket}`),
    async open() {
      opening = openApp(options, told)
      const { app } = await opening
      server.serve(app)
      // Not before: what begins to listen takes time from the first block.
      telling = told?.listen((error) =>
        moduleLog(options.log, 'telemetry')('error', 'a connection failed', { error }),
      )
      telling?.catch(() => {})
    },
    height: async () => (await opening)?.storage.version ?? 0,
    serving: async () => (await opening)?.serving ?? { restUrl: undefined, grpcAddress: undefined },
    telemetry: async () => {
      await opening
      return telling
    },
    async close() {
      await server.close()
      await told?.close()
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

/** Recovers the state of a home and starts its query worker; `telemetry` watches it, where there is one. */
export async function openApp(options: AppServerOptions, telemetry?: Telemetry): Promise<OpenedApp> {
  const { home, chain } = options
  const log = moduleLog(options.log, 'store')
  const storage = await openStorage(home.paths.appData, chain.stores, {
    snapshotInterval: home.app.snapshotInterval,
    initialVersion: genesisInitialHeight(home.paths.genesis),
    ...storageFor(options.pruning ?? home.app.pruning),
    report: (message) => log('warn', message),
    ...(telemetry === undefined ? {} : { files: telemetry.files }),
  })
  try {
    return overStorage(options, storage, telemetry)
  } catch (error) {
    await storage.close()
    throw error
  }
}

function overStorage(
  options: AppServerOptions,
  storage: Storage,
  telemetry: Telemetry | undefined,
): OpenedApp {
  const { home, chain } = options
  const verifier = verifierOf(options)
  const signatures = new SignatureCache(verifier)
  const app = createApp({
    chain,
    state: storage,
    verifier,
    signatureCache: signatures,
    minGasPrices: parseGasPrices(home.app.minimumGasPrices),
    version: versionOf(options),
    log: moduleLog(options.log, 'app'),
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
    log: moduleLog(options.log, 'query'),
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
  telemetry?.opened({ storage, pool, signatures })
  const whole = withQueries(app, pool)
  return { app: telemetry?.watch(whole) ?? whole, storage, pool, serving: doors }
}

const versionOf = ({ software }: AppServerOptions): AppVersion => ({ software, protocol: PROTOCOL_VERSION })

function telemetryOf(options: AppServerOptions, server: AbciServer): Telemetry | undefined {
  const { telemetry } = options.home.app
  if (!telemetry.enabled) return undefined
  return new Telemetry({ ...telemetry, ...options.telemetry }, versionOf(options), server)
}

function verifierOf({ portable = false, log }: AppServerOptions): Verifier {
  if (!portable) return nativeVerifier()
  return availableVerifier(({ message }) =>
    moduleLog(log, 'app')('warn', `signatures are checked slowly: ${message}`),
  )
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

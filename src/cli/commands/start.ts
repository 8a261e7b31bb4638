import { FileTrace } from '../../abci/trace.ts'
import {
  DEFAULT_PRUNING,
  LEAST_INTERVAL,
  type Pruning,
  type PruningMode,
  pruningProblem,
} from '../../store/pruning.ts'
import type { NodeContext } from '../context.ts'
import { UsageError } from '../errors.ts'
import { appLog } from '../node/app-log.ts'
import { type AppLog, nodeApp, type QueryDoors } from '../node/app-server.ts'
import { type Cometbft, preparedCometbft } from '../node/cometbft.ts'
import { homePaths, readHome } from '../node/home.ts'
import { type LogFormat, type LogSink, logPrinter } from '../node/log-lines.ts'
import { type RunLock, takeRunLock } from '../node/run-record.ts'
import { onStopSignal, type RunningNode, startNode } from '../node/supervisor.ts'

export interface StartCommandOptions {
  readonly home: string
  readonly json?: boolean
  readonly traceAbci?: string
  readonly logLevel: string
  readonly logFormat?: LogFormat
  readonly upgradeHeight?: number
  readonly pruning?: PruningMode
  readonly pruningKeepRecent?: number
  readonly pruningInterval?: number
}

/** Addresses and settings that a command sets over what the home says. */
export interface Overrides {
  readonly rpc?: { readonly host: string; readonly port: number }
  readonly p2p?: { readonly host: string; readonly port: number }
  readonly rest?: { readonly host: string; readonly port: number; readonly cors?: readonly string[] }
  readonly grpc?: { readonly host: string; readonly port: number }
  readonly telemetry?: { readonly host: string; readonly port: number }
  readonly env?: Readonly<Record<string, string>>
  readonly cometbft?: Cometbft
  /** See `AppServerOptions.portable`. */
  readonly portable?: boolean
}

/** What `--log-format` says; else JSON where all output is. */
export function logFormat({
  json,
  logFormat: format,
}: Pick<StartCommandOptions, 'json' | 'logFormat'>): LogFormat {
  return format ?? (json === true ? 'json' : 'text')
}

/** A node that runs: both its processes, and how to end them. */
export interface StartedNode {
  readonly node: RunningNode
  /** The exit code of {@link untilEnd}. */
  readonly ended: Promise<number>
  readonly doors: QueryDoors
  /** Where /metrics and /health are, if they are on. */
  readonly telemetryUrl: string | undefined
  readonly height: number
  /** Adds to what the home's `run.json` says. */
  readonly record: RunLock['update']
}

/** Opens the application of a home and starts CometBFT over it; resolves when its queries are answered. */
export async function startWadiNode(
  context: NodeContext,
  options: StartCommandOptions,
  sink: LogSink,
  overrides: Overrides = {},
): Promise<StartedNode> {
  const home = readHome(options.home)
  const { cometbft = preparedCometbft() } = overrides
  // Taken before the state is opened: a second process must not touch it.
  const lock = takeRunLock(homePaths(options.home).runRecord)
  const format = logFormat(options)
  const log = appLog(sink, { format, levels: options.logLevel })
  const rpc = overrides.rpc ?? home.rpc
  const app = unlessFailed(lock, () => appOf(context, options, { home, log, rpc, overrides }))
  const node = await startNode({
    home: options.home,
    app,
    lock,
    cometbft,
    logLevel: options.logLevel,
    logFormat: format,
    onLog: sink,
    ...(overrides.rpc === undefined ? {} : { rpc: overrides.rpc }),
    ...(overrides.p2p === undefined ? {} : { p2p: overrides.p2p }),
    ...(overrides.env === undefined ? {} : { env: overrides.env }),
  })
  // Without a wait since its process began: from there on, Ctrl-C has to end both in order.
  const forget = onStopSignal(() => void node.stop())
  await node.opened.catch(async (error) => {
    await node.exited
    throw error
  })
  forget()
  // Now: while the query worker starts, the first block may come.
  const height = await app.height()
  const ended = untilEnd(node, context)
  const [doors, telemetryUrl] = await Promise.all([app.serving(), app.telemetry()]).catch(async (error) => {
    await node.stop()
    throw error
  })
  lock.update({ ...openDoors(doors), ...(telemetryUrl === undefined ? {} : { telemetryUrl }) })
  return { node, ended, doors, telemetryUrl, height, record: (more) => lock.update(more) }
}

/** The doors that are open, for the record of who runs on a home. */
export function openDoors({ restUrl, grpcAddress }: QueryDoors): { restUrl?: string; grpcAddress?: string } {
  return {
    ...(restUrl === undefined ? {} : { restUrl }),
    ...(grpcAddress === undefined ? {} : { grpcAddress }),
  }
}

/** Gives the lock back if what needs it cannot begin. */
function unlessFailed<T>(lock: RunLock, work: () => T): T {
  try {
    return work()
  } catch (error) {
    lock.release()
    throw error
  }
}

function appOf(
  context: NodeContext,
  options: StartCommandOptions,
  parts: {
    readonly home: ReturnType<typeof readHome>
    readonly log: AppLog
    readonly rpc: { readonly host: string; readonly port: number }
    readonly overrides: Overrides
  },
) {
  const { home, log, rpc, overrides } = parts
  return nodeApp({
    home,
    chain: context.chain,
    software: context.version,
    log,
    queryThread: context.queryThread,
    rpcUrl: `http://${rpc.host === '0.0.0.0' ? '127.0.0.1' : rpc.host}:${rpc.port}`,
    ...(overrides.rest === undefined ? {} : { rest: overrides.rest }),
    pruning: chosenPruning(options, home.app.pruning),
    ...(overrides.grpc === undefined ? {} : { grpc: overrides.grpc }),
    ...(overrides.telemetry === undefined ? {} : { telemetry: overrides.telemetry }),
    ...(overrides.portable === undefined ? {} : { portable: overrides.portable }),
    ...(options.traceAbci === undefined ? {} : { trace: FileTrace.open(options.traceAbci) }),
    ...(options.upgradeHeight === undefined ? {} : { upgradeHeight: options.upgradeHeight }),
  })
}

/** What the flags say, and where they say nothing, the home; numbers of the home go with its own mode only. */
function chosenPruning(options: StartCommandOptions, home: Pruning): Pruning {
  const { pruning: mode = home.mode, pruningKeepRecent, pruningInterval } = options
  const base =
    mode === home.mode ? home : { ...DEFAULT_PRUNING, interval: mode === 'custom' ? LEAST_INTERVAL : 0 }
  const chosen = {
    mode,
    keepRecent: pruningKeepRecent ?? base.keepRecent,
    interval: pruningInterval ?? base.interval,
  }
  const problem = pruningProblem(chosen)
  if (problem !== undefined) throw new UsageError(problem)
  return chosen
}

/** `wadi start`: runs until it is told to stop or something ends it; then says why. */
export async function runStart(context: NodeContext, options: StartCommandOptions): Promise<number> {
  const sink = logPrinter(context.stderr, logFormat(options))
  const { ended } = await startWadiNode(context, options, sink)
  return ended
}

/** Waits for the end of a node, ending it on Ctrl-C; the exit code is 0 if it was asked to stop. */
export async function untilEnd(
  node: Pick<RunningNode, 'exited' | 'stop'>,
  context: NodeContext,
): Promise<number> {
  const forget = onStopSignal(() => void node.stop())
  const reason = await node.exited
  forget()
  if (reason.kind === 'stopped') return 0
  context.stderr.write(`wadi: the node ended: ${reason.error.message}\n`)
  return 1
}

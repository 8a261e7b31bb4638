import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { type Cometbft, findCometbft } from './cometbft.ts'
import { NodeError } from './errors.ts'
import { cometbftExit, type ExitReason } from './exit-reason.ts'
import { genesisBytes, goMemoryLimit } from './go-memory.ts'
import { type Address, type NodeHome, prepareSocketFolder, readHome } from './home.ts'
import { eachLine, LastLines, type LogSink } from './log-lines.ts'
import { answers, isPortFree } from './ports.ts'
import { nodeStatus } from './rpc.ts'
import { cometbftOf, processStart, type RunLock, takeRunLock } from './run-record.ts'

/** How long CometBFT may take to close its files, and how long when the application is gone already. */
const STOP_MS = 8_000
const STOP_AFTER_APP_MS = 2_000
const SETTLE_MS = 100
const TAIL_LINES = 200
const POLL_MS = 25

/** The application side of the ABCI socket, in this process. */
export interface AppServer {
  /** Resolves when CometBFT can connect to `socket`, the path of a unix socket. */
  listen(socket: string): Promise<void>
  /** What can be done while CometBFT reads its own files; what it asks meanwhile waits. Rejects if it cannot serve. */
  open?(): Promise<void>
  /** Called after CometBFT has ended; no call comes after it. */
  close(): Promise<void>
  /** Resolves (never rejects) when the application cannot go on. */
  readonly failed?: Promise<Error>
}

export interface StartOptions {
  readonly home: string
  /** The application, or the name of one built into CometBFT (`kvstore`, `persistent_kvstore`, `noop`). */
  readonly app: AppServer | 'kvstore' | 'persistent_kvstore' | 'noop'
  /** Taken already by the caller (who opened the data under it); else taken here. Released when the node has ended. */
  readonly lock?: RunLock
  readonly cometbft?: Cometbft
  /** Instead of the addresses in `config.toml`. */
  readonly rpc?: Address
  readonly p2p?: Address
  readonly logFormat?: 'text' | 'json'
  readonly logLevel?: string
  readonly onLog?: LogSink
  /** Added to CometBFT's environment, e.g. FAIL_TEST_INDEX. */
  readonly env?: Readonly<Record<string, string>>
}

export interface RunningNode {
  readonly home: NodeHome
  /** `http://host:port` of CometBFT's RPC. */
  readonly rpcUrl: string
  readonly cometbftPid: number
  /** Resolves when both CometBFT and the application have ended. */
  readonly exited: Promise<ExitReason>
  /** Resolves when the application serves; rejects with the reason when it cannot, which ends the node. */
  readonly opened: Promise<void>
  /** Ends CometBFT, then the application. */
  stop(): Promise<ExitReason>
  /** CometBFT's last log lines. */
  tail(): readonly string[]
}

/**
 * Starts CometBFT over the application, which opens its state meanwhile, and keeps them together: when one goes, the
 * other is ended. Resolves as soon as CometBFT's process runs; {@link untilReady} waits for its RPC.
 */
export async function startNode(options: StartOptions): Promise<RunningNode> {
  let taken = options.lock
  try {
    const home = readHome(options.home)
    const cometbft = options.cometbft ?? findCometbft()
    const lock = taken ?? takeRunLock(home.paths.runRecord)
    taken = lock
    const { rpc = home.rpc, p2p = home.p2p } = options
    await endOrphan(lock)
    await refuseTakenPorts({ rpc, p2p })
    if (typeof options.app !== 'string') {
      prepareSocketFolder(home.paths.abciSocket)
      await options.app.listen(home.paths.abciSocket)
    }
    const child = spawnCometbft(cometbft.path, home, { ...options, rpc, p2p })
    const rpcUrl = `http://${rpc.host === '0.0.0.0' ? '127.0.0.1' : rpc.host}:${rpc.port}`
    lock.update({ rpcUrl, ...processRecord(child.pid) })
    return supervise(child, home, rpcUrl, lock, options)
  } catch (error) {
    // Its open files and threads would keep the process from ending.
    if (typeof options.app !== 'string') await options.app.close()
    taken?.release()
    throw error
  }
}

/** Waits until the node's RPC answers; throws its reason when it ends before. */
export async function untilReady(node: RunningNode, timeoutMs = 30_000): Promise<void> {
  let ended: ExitReason | undefined
  void node.exited.then((reason) => {
    ended = reason
  })
  for (const deadline = Date.now() + timeoutMs; (await nodeStatus(node.rpcUrl)) === undefined; ) {
    if (ended !== undefined) throw reasonError(ended)
    if (Date.now() > deadline)
      throw new NodeError('timeout', `${node.rpcUrl} did not answer in ${timeoutMs} ms`, [
        'read the log of CometBFT',
      ])
    await sleep(POLL_MS)
  }
}

/**
 * Waits until the node's RPC answers; false when the node ends before. What answers may be another node, which took
 * the port in between: this one then ends by itself.
 */
export async function untilListening(node: RunningNode): Promise<boolean> {
  let ended = false
  void node.exited.then(() => {
    ended = true
  })
  const { hostname, port } = new URL(node.rpcUrl)
  while (!ended) {
    const isOpen = await answers(Number(port), hostname)
    if (isOpen && (await nodeStatus(node.rpcUrl))?.nodeId === node.home.nodeId) return true
    await sleep(POLL_MS)
  }
  return false
}

/** The error to show for an end, also for one that was asked for. */
export function reasonError(reason: ExitReason): Error {
  if (reason.kind === 'stopped')
    return new NodeError('not-running', 'the node was stopped', ['start it again'])
  return reason.error
}

/** A CometBFT whose application was killed ends by itself within moments; its files and ports are free only then. */
async function endOrphan({ previous }: RunLock): Promise<void> {
  for (const deadline = Date.now() + STOP_MS; ; await sleep(POLL_MS)) {
    const pid = cometbftOf(previous)
    if (pid === undefined) return
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL')
  }
}

function processRecord(pid: number | undefined): { cometbftPid?: number; cometbftStarted?: string } {
  const started = pid === undefined ? undefined : processStart(pid)
  return pid === undefined || started === undefined ? {} : { cometbftPid: pid, cometbftStarted: started }
}

async function refuseTakenPorts(addresses: Readonly<Record<'rpc' | 'p2p', Address>>): Promise<void> {
  for (const [name, { host, port }] of Object.entries(addresses)) {
    if (await isPortFree(port, host)) continue
    throw new NodeError('port-taken', `the ${name} address ${host}:${port} is taken`, [
      `stop what listens there, or change [${name}] laddr in config/config.toml`,
    ])
  }
}

function spawnCometbft(path: string, home: NodeHome, options: StartOptions & { rpc: Address; p2p: Address }) {
  const { app, rpc, p2p, logLevel, logFormat, env } = options
  const args = ['node', '--home', home.paths.home]
  args.push('--proxy_app', typeof app === 'string' ? app : `unix://${home.paths.abciSocket}`)
  args.push('--rpc.laddr', `tcp://${rpc.host}:${rpc.port}`, '--p2p.laddr', `tcp://${p2p.host}:${p2p.port}`)
  if (logLevel !== undefined) args.push('--log_level', logLevel)
  // Its own process group: Ctrl-C reaches this process only, which then ends both in order.
  return spawn(path, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    env: {
      ...process.env,
      // The flush timer of CometBFT's socket client spins; with few threads it keeps the sender from running.
      GOMAXPROCS: process.env['GOMAXPROCS'] ?? String(Math.max(8, availableParallelism())),
      // The heap may grow to three times what lives, within GOMEMLIMIT: collecting less often saves time under load.
      GOGC: process.env['GOGC'] ?? '200',
      GOMEMLIMIT: process.env['GOMEMLIMIT'] ?? goMemoryLimit(genesisBytes(home.paths.genesis)),
      ...(logFormat === 'json' ? { CMT_LOG_FORMAT: 'json' } : {}),
      ...env,
    },
  })
}

function supervise(
  child: ChildProcess,
  home: NodeHome,
  rpcUrl: string,
  lock: RunLock,
  { app, onLog = () => {} }: StartOptions,
): RunningNode {
  const lines = new LastLines(TAIL_LINES)
  let stopping = false
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null)
      eachLine(stream, (line) => {
        lines.add(line)
        if (!(stopping && isShutdownNoise(line))) onLog('cometbft', line)
      })
  }
  child.on('error', (error) => lines.add(`ERROR: ${error.message}`))
  const closed = childClosed(child)
  const own = typeof app === 'string' ? undefined : app
  // Not at once: the state may take seconds in which nothing else runs, and the caller has signals to listen to.
  const opened = nextTurn().then(() => own?.open?.())
  const cannotOpen = new Promise<Error>((resolve) => void opened.catch(resolve))

  const end = async (graceMs: number) => {
    stopping = true
    child.kill('SIGTERM')
    const killer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    await closed
    clearTimeout(killer)
  }
  const finish = async () => {
    const failure = Promise.race([cannotOpen, own?.failed ?? cannotOpen]).then(
      (error): ExitReason => ({ kind: 'app', error }),
    )
    const died = closed.then((ended): ExitReason => {
      if (stopping) return { kind: 'stopped' }
      return cometbftExit(ended.code, ended.signal, lines.all(), home.paths.home)
    })
    const first = await Promise.race([died, failure])
    // An application that gives up takes CometBFT with it; its own word is the cause then.
    const reason = first.kind !== 'cometbft' ? first : await Promise.race([failure, sleep(SETTLE_MS, first)])
    if (reason.kind === 'app') await end(STOP_AFTER_APP_MS)
    await own?.close()
    lock.release()
    return reason
  }
  const exited = finish()
  return {
    home,
    rpcUrl,
    cometbftPid: child.pid ?? 0,
    exited,
    opened,
    tail: () => lines.all(),
    async stop() {
      if (!stopping) await end(STOP_MS)
      return exited
    },
  }
}

interface Closed {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Resolves when the process has ended and its output is read. */
function childClosed(child: ChildProcess): Promise<Closed> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
}

const SHUTDOWN_NOISE = [
  /use of closed network connection|Stopped accept routine|switch is not running/,
  /has not been started yet|"not started"|"already stopped"|Stopping peer for error/,
]

/** What CometBFT reports as errors whenever it is asked to stop. */
function isShutdownNoise(line: string): boolean {
  return SHUTDOWN_NOISE.some((pattern) => pattern.test(line))
}

/**
 * Calls `stop` once on Ctrl-C, SIGTERM, a closed terminal, or the end of the process that started this one with a
 * channel. A second Ctrl-C ends this process at once. Returns a function which takes the handlers away.
 */
export function onStopSignal(stop: (signal: string) => void): () => void {
  let asked = false
  const handle = (signal: string) => {
    if (asked && signal === 'SIGINT') process.exit(130)
    if (!asked) stop(signal)
    asked = true
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const orphaned = () => handle('disconnect')
  for (const signal of signals) process.on(signal, handle)
  process.on('disconnect', orphaned)
  process.channel?.unref()
  return () => {
    for (const signal of signals) process.off(signal, handle)
    process.off('disconnect', orphaned)
  }
}

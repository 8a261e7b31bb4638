import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { NodeError } from './errors.ts'
import { type NodeHome, readHome } from './home.ts'
import { eachLine, LastLines, type LogSink } from './log-lines.ts'
import { type NodeStatus, nodeStatus, waitForHeight } from './rpc.ts'
import { cometbftOf, type RunRecord, readRecord, runningOn } from './run-record.ts'

/** How to start the application process of a home; it starts CometBFT itself. */
export interface AppCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export type Which = 'app' | 'cometbft' | 'both'

const LOG_LINES = 2_000
const STOP_MS = 12_000
const POLL_MS = 25
const START_MS = 60_000

/** One node of a localnet: an application process and the CometBFT it started. */
export class LocalnetNode {
  readonly index: number
  readonly name: string
  readonly validator: boolean
  readonly home: NodeHome
  readonly #appCommand: (home: string) => AppCommand
  readonly #onLog: LogSink
  readonly #lines = new LastLines(LOG_LINES)
  #child: ChildProcess | undefined
  #exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined

  constructor(
    index: number,
    { name, validator }: { name: string; validator: boolean },
    home: string,
    appCommand: (home: string) => AppCommand,
    onLog: LogSink,
  ) {
    this.index = index
    this.name = name
    this.validator = validator
    this.home = readHome(home)
    this.#appCommand = appCommand
    this.#onLog = onLog
  }

  get rpcUrl(): string {
    return `http://${this.home.rpc.host}:${this.home.rpc.port}`
  }

  get restUrl(): string {
    return `http://${this.home.app.rest.host}:${this.home.app.rest.port}`
  }

  /** As `127.0.0.1:9090`; undefined where gRPC is off. */
  get grpcAddress(): string | undefined {
    const { enabled, host, port } = this.home.app.grpc
    return enabled ? `${host}:${port}` : undefined
  }

  /** The process ids while they run. */
  get pids(): { readonly app?: number; readonly cometbft?: number } {
    const app = this.running ? this.#child?.pid : undefined
    const cometbft = cometbftOf(readRecord(this.home.paths.runRecord))
    return { ...(app === undefined ? {} : { app }), ...(cometbft === undefined ? {} : { cometbft }) }
  }

  /** True while the application process lives. */
  get running(): boolean {
    return this.#child !== undefined && this.#exit === undefined
  }

  /** Starts the processes; returns when both run. `env` is added to the command's own for this run. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.running)
      throw new NodeError('home-in-use', `${this.name} runs already`, [
        '"kill" it first, or leave it running',
      ])
    const { command, args, env: own } = this.#appCommand(this.home.paths.home)
    // The channel tells the child when this process is gone; its own group keeps Ctrl-C for this process.
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...own, ...env },
    })
    this.#child = child
    this.#exit = undefined
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) eachLine(stream, (line) => this.#log(line))
    child.once('error', (error) => this.#log(`cannot run ${command}: ${error.message}`))
    child.once('close', (code, signal) => {
      this.#exit = { code, signal }
      this.#log(`ended (${signal ?? `exit code ${code}`})`)
    })
    await this.#until(
      () => runningOn(this.home.paths.runRecord)?.cometbftPid !== undefined,
      START_MS,
      'start',
    )
  }

  /** Returns when REST and gRPC, as far as they are on, listen, or the application process has ended. */
  async untilServing(): Promise<void> {
    const { rest, grpc } = this.home.app
    if (!rest.enabled && !grpc.enabled) return
    const serves = () => {
      const { restUrl, grpcAddress } = runningOn(this.home.paths.runRecord) ?? {}
      // They are written down together.
      return (restUrl ?? grpcAddress) !== undefined
    }
    await this.#waitUntil(() => serves() || !this.running, START_MS, 'serve')
  }

  /**
   * Sends a signal to one or both processes. A signal that ends them (any but SIGSTOP and SIGCONT) ends the node
   * as a whole, since neither process goes on without the other; returns when both are gone.
   */
  async kill(which: Which = 'both', signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { app, cometbft } = this.pids
    const targets = { app: [app], cometbft: [cometbft], both: [cometbft, app] }[which]
    if (targets.every((pid) => pid === undefined))
      throw new NodeError('not-running', `${this.name}: ${which} does not run`, [
        `"restart ${this.index}" starts it`,
      ])
    const record = readRecord(this.home.paths.runRecord)
    for (const pid of targets) if (pid !== undefined) signalPid(pid, signal)
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return
    await this.#untilGone(record)
  }

  /** Ends the node in order, when it runs. */
  async stop(): Promise<void> {
    const record = readRecord(this.home.paths.runRecord)
    const { app } = this.pids
    if (app !== undefined) signalPid(app, 'SIGTERM')
    await this.#untilGone(record)
  }

  /** Ends the node when it runs, and starts it again on its data. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.stop()
    await this.start(env)
  }

  /** Resolves with how the application process ended. */
  async ended(timeoutMs = START_MS) {
    await this.#waitUntil(() => this.#exit !== undefined || this.#child === undefined, timeoutMs, 'end')
    return this.#exit
  }

  /** Waits until this node has committed a height; throws with its last lines when it ends before. */
  async waitHeight(height: number, timeoutMs = 60_000): Promise<NodeStatus> {
    return waitForHeight(this.rpcUrl, height, timeoutMs, () =>
      this.running ? undefined : this.#endedError(),
    )
  }

  /** Its height, app hash and so on; undefined while its RPC does not answer. */
  async status(): Promise<NodeStatus | undefined> {
    return nodeStatus(this.rpcUrl)
  }

  /** The last lines of both processes. */
  logs(): readonly string[] {
    return this.#lines.all()
  }

  #log(line: string): void {
    this.#lines.add(line)
    this.#onLog(this.name, line)
  }

  #endedError(): NodeError {
    const how = this.#exit?.signal ?? `exit code ${this.#exit?.code}`
    const tail = this.logs()
      .slice(-12)
      .map((line) => `    ${line}`)
    return new NodeError(
      'not-running',
      [`${this.name} ended (${how}); its last lines:`, ...tail].join('\n'),
      [`"restart ${this.index}" starts it again`],
    )
  }

  async #until(done: () => boolean, timeoutMs: number, what: string): Promise<void> {
    await this.#waitUntil(() => done() || this.#exit !== undefined, timeoutMs, what)
    if (!done()) throw this.#endedError()
  }

  async #waitUntil(done: () => boolean, timeoutMs: number, what: string): Promise<void> {
    for (const deadline = Date.now() + timeoutMs; !done(); await sleep(POLL_MS)) {
      if (Date.now() > deadline)
        throw new NodeError('timeout', `${this.name} did not ${what} in ${timeoutMs} ms`, ['read its log'])
    }
  }

  /** Both processes have a bounded time to end; what is left then is killed. */
  async #untilGone(record: RunRecord | undefined): Promise<void> {
    const gone = () => !this.running && cometbftOf(record) === undefined
    for (const deadline = Date.now() + STOP_MS; !gone(); await sleep(POLL_MS)) {
      if (Date.now() <= deadline) continue
      for (const pid of [cometbftOf(record), this.pids.app]) if (pid !== undefined) signalPid(pid, 'SIGKILL')
    }
  }
}

/** A process that ended in the meantime is no error. */
function signalPid(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

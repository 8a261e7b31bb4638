import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Block, Detour, Reply, Request, Verdict } from './protocol.ts'
import type { Random } from './random.ts'

/** Settings of the machine that must not matter; each replica has another. */
const PLACES = [
  { TZ: 'Asia/Kolkata', LANG: 'tr_TR.UTF-8' },
  { TZ: 'America/St_Johns', LANG: 'de_DE.UTF-8' },
  { TZ: 'Pacific/Apia', LANG: 'ja_JP.UTF-8' },
  { TZ: 'Africa/Casablanca', LANG: 'ar_EG.UTF-8' },
] as const

/** Blocks a replica may lag behind before the leader waits for it. */
const MOST_UNDER_WAY = 24
/** Blocks between two kills of a replica. */
const KILL_EVERY = 110
const ANSWER_MS = 60_000

export interface ReplicaOptions {
  readonly index: number
  readonly folder: string
  readonly chainId: string
  readonly genesis: Record<string, unknown>
  readonly random: Random
  /** The Node to run it with; that of this process if left out. */
  readonly node?: string
}

interface Expected {
  readonly block: Block
  readonly verdict: Verdict
  readonly names: readonly string[]
}

/** One replica in its own process, compared with the leader block by block. It is restarted and killed on the way. */
export class ReplicaProcess {
  readonly name: string
  readonly #options: ReplicaOptions
  readonly #expected: Expected[] = []
  #child: ChildProcess | undefined
  #opened: Extract<Reply, { is: 'open' }> | undefined
  #failure: Error | undefined
  #ended = false
  #wake: () => void = () => {}
  restarts = 0
  kills = 0

  constructor(options: ReplicaOptions) {
    this.#options = options
    this.name = `replica ${options.index}`
  }

  /** Time zone and language as the process itself sees them. */
  get place(): string {
    return `${this.#opened?.timeZone} ${this.#opened?.locale}`
  }

  /** Starts the process, or the next one on the same folder; blocks it did not get to are sent again. */
  async start(): Promise<void> {
    const { index, folder, chainId, genesis, node } = this.#options
    const place = PLACES[(index - 1) % PLACES.length] as (typeof PLACES)[number]
    this.#opened = undefined
    this.#ended = false
    const child = fork(join(import.meta.dirname, 'replica-worker.ts'), [], {
      serialization: 'advanced',
      execArgv: [],
      env: { ...process.env, ...place, LC_ALL: place.LANG },
      ...(node === undefined ? {} : { execPath: node }),
    })
    this.#child = child
    child.on('message', (reply: Reply) => this.#take(reply))
    child.on('exit', () => {
      if (child !== this.#child) return
      this.#ended = true
      this.#wake()
    })
    this.#send({ do: 'open', folder, chainId, genesis })
    await this.#until(() => this.#opened !== undefined, 'open its folder')
    this.#afterOpen()
  }

  /** Hands a block over with what must come of it; returns when the replica is not too far behind. */
  async execute(block: Omit<Block, 'detour'>, verdict: Verdict, names: readonly string[]): Promise<void> {
    const { random } = this.#options
    const own = { ...block, detour: this.#detour(random) }
    this.#expected.push({ block: own, verdict, names })
    this.#send({ do: 'block', block: own })
    if (this.#isKillDue(block.height)) await this.#kill()
    await this.#until(() => this.#expected.length <= MOST_UNDER_WAY, 'keep up')
  }

  /** Waits for everything under way and ends the process in order. */
  async finish(): Promise<void> {
    await this.#until(() => this.#expected.length === 0, 'execute the last blocks')
    this.#send({ do: 'close' })
    await this.#until(() => this.#ended, 'end')
  }

  /** Ends the process at once, whatever it does. */
  abandon(): void {
    this.#child?.kill('SIGKILL')
  }

  /** Every second replica is killed now and then, in the middle of whatever it does. */
  #isKillDue(height: number): boolean {
    return this.#options.index % 2 === 0 && height % KILL_EVERY === KILL_EVERY - 1
  }

  #detour(random: Random): Detour {
    const detour = random.chance(0.03) ? 'restart' : random.pick(['none', 'none', 'check', 'again'] as const)
    if (detour === 'restart') this.restarts++
    return detour
  }

  async #kill(): Promise<void> {
    this.kills++
    this.#child?.kill('SIGKILL')
    await this.#until(() => this.#ended, 'die', true)
    await this.start()
  }

  #afterOpen(): void {
    const { height = 0, appHash } = this.#opened ?? {}
    while ((this.#expected[0]?.block.height ?? height + 1) <= height) {
      const { verdict } = this.#expected.shift() as Expected
      if (verdict.height === height && verdict.appHash !== appHash) {
        throw new Error(
          `${this.name} recovered height ${height} with app hash ${appHash}, not ${verdict.appHash}`,
        )
      }
    }
    for (const { block } of this.#expected) this.#send({ do: 'block', block })
  }

  #send(request: Request): void {
    this.#child?.send(request, () => {})
  }

  #take(reply: Reply): void {
    if (reply.is === 'open') this.#opened = reply
    if (reply.is === 'error') this.#failure ??= new Error(`${this.name}: ${reply.message}`)
    if (reply.is === 'verdict') {
      const expected = this.#expected.shift()
      if (expected !== undefined) this.#failure ??= difference(this, expected, reply.verdict)
    }
    this.#wake()
  }

  async #until(done: () => boolean, what: string, dying = false): Promise<void> {
    for (const deadline = Date.now() + ANSWER_MS; ; ) {
      if (this.#failure !== undefined) throw this.#failure
      if (done()) return
      if (this.#ended && !dying) throw new Error(`${this.name} ended before it could ${what}`)
      if (Date.now() > deadline) throw new Error(`${this.name} did not ${what} in ${ANSWER_MS} ms`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

/** What a replica came to that the leader did not. */
function difference(
  { name, place }: ReplicaProcess,
  { block, verdict, names }: Expected,
  own: Verdict,
): Error | undefined {
  const where = `${name} (${place}, ${block.detour}) differs at height ${verdict.height}`
  if (own.height !== verdict.height) return new Error(`${where}: it answered for height ${own.height}`)
  const index = verdict.results.findIndex((result, i) => own.results[i] !== result)
  if (index >= 0) return new Error(`${where}: result of transaction ${index}, ${names[index]}`)
  if (own.block !== verdict.block) return new Error(`${where}: events of the block`)
  if (own.appHash !== verdict.appHash) {
    return new Error(`${where}: app hash ${own.appHash}, the leader has ${verdict.appHash}`)
  }
  return undefined
}

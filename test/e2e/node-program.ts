import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readTemplate } from '../../src/cli/commands/templates.ts'
import { type InitOptions, initHome, type NodeHome, readHome } from '../../src/cli/node/home.ts'
import { pickPorts } from '../../src/cli/node/ports.ts'
import { appState, BLOCK_TIME_MS, CHAIN_ID, WADI } from './node-kit.ts'

const STEP_MS = 60_000

/** `wadi` with some arguments, as its own process; all it prints is kept. */
export class Program {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  #changed: () => void = () => {}
  #over = false
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = tmpdir()) {
    this.#child = spawn(process.execPath, [WADI, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take('stdout', text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#take('stderr', text))
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#over = true
        resolve(code)
        this.#changed()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Waits until the output has such a text; throws with all of it when the program ends before. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (const deadline = Date.now() + STEP_MS; ; ) {
      const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
      if (found !== null) return found
      if (this.#over || Date.now() > deadline) {
        throw new Error(`${pattern} was not printed; what was:\n${this.stdout}\n${this.stderr}`)
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500)
        this.#changed = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** The exit code, when the program has ended by itself. */
  async ended(): Promise<number | null> {
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STEP_MS)
    const code = await this.#ended
    clearTimeout(killer)
    return code
  }

  /** Presses Ctrl-C; the exit code. */
  async interrupt(): Promise<number | null> {
    if (!this.#over) this.#child.kill('SIGINT')
    return this.ended()
  }

  #take(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text
    this.#changed()
  }
}

/** Folders and programs of one test file, taken away together. */
export class Workbench {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'wadi-e2e-'))
  readonly #programs: Program[] = []
  #count = 0

  path(name: string): string {
    return join(this.folder, name)
  }

  /** The home of a lone validator, with ports of its own. */
  async newHome(options: Partial<InitOptions> = {}): Promise<NodeHome> {
    const base = 15_000 + Math.floor(Math.random() * 1_500) * 10
    const { ports } = await pickPorts({
      rpc: base,
      p2p: base + 1,
      rest: base + 2,
      metrics: base + 3,
      grpc: base + 4,
      telemetry: base + 5,
    })
    return initHome({
      home: this.path(`home${this.#count++}`),
      chainId: CHAIN_ID,
      blockTimeMs: BLOCK_TIME_MS,
      appState: appState(),
      consensusParams: readTemplate('localnet').consensus_params,
      ports,
      ...options,
    })
  }

  /** A copy of a home that does not run; it takes the ports of the original. */
  copyHome({ paths }: NodeHome): NodeHome {
    const copy = this.path(`home${this.#count++}`)
    cpSync(paths.home, copy, { recursive: true })
    return readHome(copy)
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    const program = new Program(args, env, this.folder)
    this.#programs.push(program)
    return program
  }

  start({ paths }: NodeHome, env: Readonly<Record<string, string>> = {}): Program {
    return this.run(['start', '--home', paths.home, '--log-level', 'error'], env)
  }

  async remove(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.interrupt()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'src/bin/wadi.ts')

const START_MS = 60_000
const STOP_MS = 20_000

/** A devnet as `npm start` runs it, in a folder of its own, on free ports. */
export interface Devnet {
  readonly home: string
  readonly rpc: string
  readonly rest: string
  readonly faucet: string
  readonly page: string
  /** As `127.0.0.1:9090`. */
  readonly grpc: string
  readonly chainId: string
  readonly mnemonic: string
  readonly accounts: readonly {
    readonly address: string
    readonly hexAddress: string
    readonly privateKey: string
  }[]
  /** What the banner says of solo mode; undefined behind CometBFT. */
  readonly solo: string | undefined
  /** Ends the node in order and removes its folder. */
  stop(): Promise<void>
  /** Ends the process as a power cut does. */
  kill(): Promise<void>
}

interface Banner {
  readonly event: 'banner'
  readonly chainId: string
  readonly doors: Pick<Devnet, 'rpc' | 'rest' | 'grpc' | 'faucet' | 'page'>
  readonly mnemonic: string
  readonly accounts: Devnet['accounts']
  readonly solo?: string
}

/** Two that start at the same moment may find the same port free. */
const ATTEMPTS = 3

/** How the program is started: a Node, or what starts one, and what comes before the program's own arguments. */
type Start = readonly [command: string, ...args: string[]]

export interface DevnetOptions {
  /** Default: the sources. */
  readonly start?: Start
  /** Default: one of its own, which goes with the devnet. */
  readonly home?: string
  /** Instead of 200 ms blocks. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** What a suite starts: it can be run once more against a devnet of another kind. */
export const devnetDefaults: { options: DevnetOptions } = { options: {} }

/** The environment of a machine that has neither CometBFT nor Go; `folder` is an empty one. */
export function withoutCometbft(folder: string): Record<string, string | undefined> {
  return { PATH: folder, XDG_CACHE_HOME: folder, HOME: folder, COMETBFT: undefined, GOROOT: undefined }
}

/** Starts a devnet and waits for its first block. */
export async function startDevnet(options: DevnetOptions = devnetDefaults.options): Promise<Devnet> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options)
    } catch (error) {
      if (attempt === ATTEMPTS || !/address already in use|taken/.test((error as Error).message)) throw error
    }
  }
}

async function startOnce(options: DevnetOptions): Promise<Devnet> {
  const { start = [process.execPath, program], home, args = ['--block-time', '200ms'], env } = options
  const folder = mkdtempSync(join(tmpdir(), 'wadi-devnet-'))
  const [command, ...before] = start
  const all = [...before, 'dev', '--home', home ?? join(folder, 'home'), '--json', ...args]
  const child = spawn(command, all, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = async () => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const { chainId, doors, mnemonic, accounts, solo } = await banner(child)
    const kill = () => {
      child.kill('SIGKILL')
      return ended(child)
    }
    return { home: join(folder, 'home'), ...doors, chainId, mnemonic, accounts, solo, stop, kill }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What the node says when it starts, once it has made its first block. */
async function banner(child: ChildProcess): Promise<Banner> {
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4_000)
  })
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`the devnet ${reason}; its last lines:\n${log}`))
    const timer = setTimeout(() => fail('did not start in time'), START_MS)
    child.once('exit', (code) => fail(`ended with ${code}`))
    let seen: Banner | undefined
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const event = JSON.parse(line) as Banner | { event: 'ready' }
      if (event.event === 'banner') seen = event
      if (event.event !== 'ready' || seen === undefined) return
      clearTimeout(timer)
      child.removeAllListeners('exit')
      resolve(seen)
    })
  })
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}

/** What a command printed and how it ended. */
export interface CliResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `wadi` as a user does, away from any terminal. */
export function wadi(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  user: { readonly uid?: number } = {},
): Promise<CliResult> {
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...process.env, ...env }, timeout: 60_000, ...user }
    const child = execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr })
    })
    child.stdin?.end()
  })
}

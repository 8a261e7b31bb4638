import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'smol-toml'
import { findCometbft } from '../../src/cli/node/cometbft.ts'
import { cometbftToml } from '../../src/cli/node/cometbft-toml.ts'
import { genesisDoc, genesisValidator } from '../../src/cli/node/genesis-doc.ts'
import { homePaths, initHome } from '../../src/cli/node/home.ts'
import { newNodeKeys } from '../../src/cli/node/keys.ts'
import { LOOPBACK, pickPorts } from '../../src/cli/node/ports.ts'
import { wadiCommand } from '../../src/cli/node/program.ts'
import { readRecord } from '../../src/cli/node/run-record.ts'
import type { Dialect } from './accounts.ts'
import { accountRows, appStateText, balanceRows, writePieces } from './genesis.ts'
import { rpc } from './rpc.ts'
import { runTool } from './tools.ts'

/** A chain that is measured: how a fresh home of it is made, and how it is started. */
export interface Subject {
  readonly name: string
  /** How transfers on it look; `kv` for CometBFT's example application. */
  readonly kind: Dialect | 'kv'
  prepare(home: string, accounts: number, blockTimeMs: number): Promise<void>
  /** Starts its processes and returns at once; `pids` are CometBFT first, then the application if it is another. */
  start(home: string): Promise<Running>
  /** The socket at which the application answers CometBFT, if it is a process of its own: there once its state is. */
  socket?(home: string): string
}

export interface Running {
  readonly rpcUrl: string
  /** Of REST and gRPC, as `http://127.0.0.1:1317`, where the application has them. */
  readonly restUrl: string | undefined
  readonly grpcUrl: string | undefined
  /** When the first process was started, in milliseconds since 1970. */
  readonly startedAt: number
  pids(): readonly number[]
  stop(): Promise<void>
}

/** Funded accounts that send. */
export const SENDERS = 2_000
const CHAIN_ID = 'wadi-bench-1'
/** What a wallet asks for after a simulation: a send uses 38,000 gas here, 66,000 on the Go chain. */
const GAS = { fee: 100n, gas: 50_000n }
const PEER_GAS = { fee: 100n, gas: 200_000n }
const STOP_MS = 30_000

const PORTS = { rpc: 27_657, p2p: 27_656, rest: 27_317, grpc: 27_390, metrics: 27_660, telemetry: 27_661 }

/** This chain, with the node as users start it. */
export const wadi: Subject = {
  name: 'wadi',
  kind: { chainId: CHAIN_ID, prefix: 'wadi', denom: 'awadi', ...GAS },
  async prepare(home, accounts, blockTimeMs) {
    const { ports } = await pickPorts(PORTS)
    const keys = newNodeKeys()
    const validators = [genesisValidator(keys.validator, 'bench')]
    const head = JSON.stringify(genesisDoc({ chainId: CHAIN_ID, validators })).slice(0, -1)
    const file = `${home}.genesis.json`
    writePieces(file, around(`${head},"app_state":`, appStateText(accounts, SENDERS), '}'))
    initHome({ home, chainId: CHAIN_ID, keys, genesis: { file }, ports, blockTimeMs })
    rmSync(file)
  },
  async start(home) {
    const { command, args } = wadiCommand(['start', '--home', home])
    const child = launch(home, 'app', command, args)
    const pids = () => [readRecord(homePaths(home).runRecord)?.cometbftPid ?? 0, child.pid ?? 0]
    return running(home, [child], pids)
  },
  socket: (home) => homePaths(home).abciSocket,
}

/** The Go chain of a peer kit: CometBFT and application in one process, as its users run it. */
export function goChain(binary: string): Subject {
  const kind = { chainId: CHAIN_ID, prefix: 'cosmos', denom: 'stake', ...PEER_GAS }
  return {
    name: 'go',
    kind,
    async prepare(home, accounts, blockTimeMs) {
      const at = ['--home', home]
      const test = ['--keyring-backend', 'test', ...at]
      runTool(binary, ['init', 'bench', '--chain-id', CHAIN_ID, ...at])
      runTool(binary, ['keys', 'add', 'validator', ...test])
      const operator = runTool(binary, ['keys', 'show', 'validator', '-a', ...test])
      runTool(binary, ['genesis', 'add-genesis-account', operator, '1000000000000stake', ...at])
      runTool(binary, ['genesis', 'gentx', 'validator', '100000000000stake', '--chain-id', CHAIN_ID, ...test])
      runTool(binary, ['genesis', 'collect-gentxs', ...at])
      fundPeer(join(home, 'config', 'genesis.json'), accounts)
      const { ports } = await pickPorts(PORTS)
      writeConfig(home, blockTimeMs, ports)
      openDoors(home, ports)
    },
    async start(home) {
      const args = ['start', '--home', home, '--minimum-gas-prices', '0stake', '--log_level', 'error']
      const child = launch(home, 'app', binary, args)
      return running(home, [child], () => [child.pid ?? 0])
    },
  }
}

/** CometBFT with its example application behind a unix socket: what any application there can reach at most. */
export function kvstore(abciCli: string): Subject {
  return {
    name: 'kvstore',
    kind: 'kv',
    async prepare(home, _accounts, blockTimeMs) {
      const { ports } = await pickPorts(PORTS)
      initHome({ home, chainId: CHAIN_ID, ports, blockTimeMs })
    },
    async start(home) {
      const paths = homePaths(home)
      const address = `unix://${paths.abciSocket}`
      const serve = ['kvstore', '--address', address, '--abci', 'socket', '--log_level', 'error']
      const app = launch(home, 'app', abciCli, [...serve, '--persist', paths.appData])
      await sleep(500)
      const args = ['node', '--home', home, '--proxy_app', address]
      const env = { GOMAXPROCS: `${Math.max(8, availableParallelism())}` }
      const node = launch(home, 'cometbft', findCometbft().path, args, env)
      return running(home, [node, app], () => [node.pid ?? 0, app.pid ?? 0])
    },
  }
}

/** The configuration that our own nodes have, for a home that another program made. */
function writeConfig(home: string, blockTimeMs: number, ports: typeof PORTS): void {
  const more = { host: LOOPBACK, persistentPeers: [], loopback: true, prometheus: false, logLevel: 'error' }
  writeFileSync(homePaths(home).cometbftToml, cometbftToml({ moniker: 'bench', ports, blockTimeMs, ...more }))
}

/** Opens REST and gRPC of a Cosmos SDK chain, which our own nodes have open, too. */
function openDoors(home: string, ports: typeof PORTS): void {
  const file = homePaths(home).appToml
  const toml = parse(readFileSync(file, 'utf8')) as Record<string, object>
  const door = (port: number) => ({ enable: true, address: `${LOOPBACK}:${port}` })
  Object.assign(toml['api'] ?? {}, { ...door(ports.rest), address: `tcp://${LOOPBACK}:${ports.rest}` })
  Object.assign(toml['grpc'] ?? {}, door(ports.grpc))
  writeFileSync(file, stringify(toml))
}

/** Adds the accounts to the genesis file of a Cosmos SDK chain. Its bank counts the supply itself. */
function fundPeer(file: string, accounts: number): void {
  interface Sdk {
    app_state: { auth: { accounts: unknown[] }; bank: { balances: unknown[]; supply: unknown[] } }
  }
  const genesis = JSON.parse(readFileSync(file, 'utf8')) as Sdk
  const { auth, bank } = genesis.app_state
  const first = auth.accounts.length
  bank.supply = []
  auth.accounts.push('@accounts')
  bank.balances.push('@balances')
  const [head = '', middle = '', tail = ''] = JSON.stringify(genesis).split(/"@accounts"|"@balances"/)
  const auths = around(head, accountRows(accounts, SENDERS, 'cosmos', first), middle)
  const balances = around('', balanceRows(accounts, SENDERS, 'cosmos', 'stake'), tail)
  writePieces(file, auths, balances)
}

function* around(head: string, pieces: Iterable<string>, tail: string): Generator<string> {
  yield head
  yield* pieces
  yield tail
}

/** Starts a program whose output goes to a file beside the home. */
function launch(
  home: string,
  name: string,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const log = openSync(`${home}.${name}.log`, 'a')
  return spawn(file, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env } })
}

function running(home: string, children: readonly ChildProcess[], pids: () => readonly number[]): Running {
  const startedAt = Date.now()
  const { cometbftToml: config, appToml } = homePaths(home)
  return {
    rpcUrl: addressIn(config, 'rpc', 'laddr') ?? '',
    restUrl: addressIn(appToml, 'api', 'address'),
    grpcUrl: addressIn(appToml, 'grpc', 'address'),
    startedAt,
    pids,
    async stop() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
        await ended
        clearTimeout(killer)
      }
    },
  }
}

/** `http://host:port` of an address in a TOML file; undefined if it has none. */
function addressIn(file: string, section: string, key: string): string | undefined {
  const tables = parse(readFileSync(file, 'utf8')) as Record<string, Record<string, unknown> | undefined>
  const address = tables[section]?.[key]
  return address === undefined ? undefined : `http://${String(address).replace(/^tcp:\/\//, '')}`
}

const POLL_MS = 20

/** Waits until the application has committed `height`; returns the milliseconds since the start. */
export async function untilCommitted(node: Running, height: number, timeoutMs = 600_000): Promise<number> {
  return until(node, timeoutMs, async () => {
    const { response } = await rpc<{ response: { last_block_height?: string } }>(node.rpcUrl, 'abci_info')
    return Number(response.last_block_height ?? 0) >= height
  })
}

/** Waits until RPC answers, which it does when the application has told CometBFT where it is. */
export async function untilAnswers(node: Running, timeoutMs = 600_000): Promise<number> {
  return until(node, timeoutMs, async () => (await rpc(node.rpcUrl, 'status')) !== undefined)
}

/** Waits until the application answers Info; where it is no process of its own, until RPC answers. */
export async function untilReady(subject: Subject, home: string, node: Running): Promise<number> {
  const socket = subject.socket?.(home)
  return socket === undefined ? untilAnswers(node) : until(node, 600_000, () => answersInfo(socket))
}

/** ABCI's Info and Flush, each behind its length. */
const INFO = Uint8Array.of(2, 0x1a, 0, 2, 0x12, 0)

/** True when an application answers Info; one that listens already and has yet to open its state is waited for. */
function answersInfo(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(INFO))
    const end = (answered: boolean) => () => {
      socket.destroy()
      resolve(answered)
    }
    socket.once('data', end(true)).once('error', end(false)).once('close', end(false))
  })
}

async function until(node: Running, timeoutMs: number, holds: () => Promise<boolean>): Promise<number> {
  for (;;) {
    const held = await holds().catch(() => false)
    const passed = Date.now() - node.startedAt
    if (held) return passed
    if (passed > timeoutMs) throw new Error(`${node.rpcUrl} is not ready after ${timeoutMs} ms`)
    await sleep(POLL_MS)
  }
}

/** The height that the application has committed. */
export async function committedHeight(node: Running): Promise<number> {
  const { response } = await rpc<{ response: { last_block_height?: string } }>(node.rpcUrl, 'abci_info')
  return Number(response.last_block_height ?? 0)
}

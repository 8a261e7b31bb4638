import { existsSync } from 'node:fs'
import type { NodeContext } from '../context.ts'
import { parseBlockTime } from '../duration.ts'
import type { Cometbft } from '../node/cometbft.ts'
import { DEV_ACCOUNTS, DEV_FAUCET, DEV_MNEMONIC } from '../node/dev-accounts.ts'
import { NodeError } from '../node/errors.ts'
import { homePaths, initHome, resetHome } from '../node/home.ts'
import { type LogFormat, logPrinter } from '../node/log-lines.ts'
import { DEFAULT_PORTS, DEV_PORTS, LOOPBACK, pickPorts } from '../node/ports.ts'
import { waitForHeight } from '../node/rpc.ts'
import { refuseSoloHome } from '../node/solo-home.ts'
import { type RunningNode, untilListening } from '../node/supervisor.ts'
import { type DevDoors, nodeDoors, openDevDoors } from './dev-doors.ts'
import { usableFolder } from './folder.ts'
import { logFormat, startWadiNode } from './start.ts'
import { fundedState, readTemplate } from './templates.ts'

export interface DevOptions {
  readonly home?: string
  readonly reset?: boolean
  readonly blockTime?: string
  /** Blocks are made in this process, without CometBFT. */
  readonly solo?: boolean
  /** False: blocks are made when `dev_mine` asks for them; in solo mode only. */
  readonly mining?: boolean
  readonly json?: boolean
  readonly traceAbci?: string
  readonly logLevel: string
  readonly logFormat?: LogFormat
}

/** What each of the ten accounts, and the faucet's, starts with: a million WADI. */
const DEV_FUNDS = 10n ** 24n

const PORT_ATTEMPTS = 5

/** A chain with much state and a slow disk needs this long at most to go on. */
const FIRST_BLOCK_MS = 120_000

/** A devnet behind CometBFT: its state kept between runs, ports that are free, and a banner that says all. */
export async function runDev(
  context: NodeContext,
  options: DevOptions & { readonly home: string },
  cometbft: Cometbft,
): Promise<number> {
  const blockTimeMs = parseBlockTime(options.blockTime ?? '1s')
  prepareDevHome(options.home, options.reset === true)
  refuseSoloHome(homePaths(options.home))
  const sink = logPrinter(context.stderr, logFormat(options))
  const { started, ports, moved } = await onFreePorts(async (ports) => {
    const at = (port: number) => ({ host: LOOPBACK, port })
    return startWadiNode(context, options, sink, {
      rpc: at(ports.rpc),
      p2p: at(ports.p2p),
      // For development: pages and explorers in a browser may call.
      rest: { ...at(ports.rest), cors: ['*'] },
      grpc: at(ports.grpc),
      telemetry: at(ports.telemetry),
      env: { CMT_CONSENSUS_TIMEOUT_COMMIT: `${blockTimeMs}ms` },
      cometbft,
      portable: true,
    })
  })
  const { node, ended, telemetryUrl, height, record } = started
  const more = await openDevDoors(nodeDoors(node.rpcUrl, started.doors), (message) =>
    sink('faucet', message),
  ).catch(async (error) => {
    await node.stop()
    throw error
  })
  record(more.record)
  const done = ended.finally(() => more.close())
  // Every door that the banner names is open.
  if (!(await untilListening(node))) return done
  const banner: Banner = {
    chainId: devChainId(),
    home: homePaths(options.home).home,
    height,
    doors: { ...more.doors, telemetry: telemetryUrl ?? '' },
    moved: movedLines({ ...ports, ...more.ports }, [...moved, ...more.moved]),
    versions: { wadi: context.version, cometbft: cometbft.version, node: process.versions.node },
  }
  printBanner(context, options, banner)
  void announceBlock(context, options, node, height + 1)
  return done
}

const USUAL_PORTS = { ...DEFAULT_PORTS, ...DEV_PORTS }
type PortName = keyof typeof USUAL_PORTS

/** What the banner says of ports that are not the usual ones. */
export function movedLines(
  ports: Readonly<Partial<Record<PortName, number>>>,
  moved: readonly PortName[],
): readonly string[] {
  return moved.map((name) => `${name}: port ${USUAL_PORTS[name]} is taken, using ${ports[name]}`)
}

/** Makes the home of a devnet where there is none yet. */
export function prepareDevHome(home: string, reset: boolean): void {
  usableFolder(home, '--home')
  const template = readTemplate('devnet')
  const known = existsSync(homePaths(home).genesis)
  if (known && reset) resetHome(home)
  if (known) return
  const addresses = [...DEV_ACCOUNTS, DEV_FAUCET].map((account) => account.address)
  initHome({
    home,
    chainId: template.chain_id,
    moniker: 'devnet',
    appState: fundedState(template, addresses, DEV_FUNDS),
    consensusParams: template.consensus_params,
    loopback: true,
  })
}

export const devChainId = (): string => readTemplate('devnet').chain_id

type Ports = Readonly<Record<'rpc' | 'p2p' | 'rest' | 'grpc' | 'telemetry', number>>

/** Starts on free ports; on the next ones where somebody else took one between the look and the start. */
export async function onFreePorts<T>(start: (ports: Ports) => Promise<T>) {
  const { rpc, p2p, rest, grpc, telemetry } = DEFAULT_PORTS
  for (let attempt = 1; ; attempt++) {
    const { ports, moved } = await pickPorts({ rpc, p2p, rest, grpc, telemetry })
    try {
      return { started: await start(ports), ports, moved }
    } catch (error) {
      const taken = error instanceof Error && /EADDRINUSE|address already in use|is taken/.test(error.message)
      if (!taken || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

export interface Banner {
  readonly chainId: string
  readonly home: string
  readonly height: number
  /** Empty where a door is shut; solo mode has no telemetry. */
  readonly doors: DevDoors['doors'] & { readonly telemetry?: string }
  readonly moved: readonly string[]
  readonly versions: Readonly<Record<string, string | undefined>>
  /** Of solo mode: why it runs, and what it is not. */
  readonly solo?: string
}

async function announceBlock(
  context: NodeContext,
  options: DevOptions,
  node: RunningNode,
  height: number,
): Promise<void> {
  let ended: Error | undefined
  void node.exited.then(() => {
    ended = new NodeError('not-running', 'the node ended', ['its own message says why'])
  })
  try {
    await waitForHeight(node.rpcUrl, height, FIRST_BLOCK_MS, () => ended)
    printReady(context, options, height)
  } catch {
    // The node ended before: its own message says why.
  }
}

export function printBanner({ stdout }: NodeContext, { json }: DevOptions, banner: Banner): void {
  stdout.write(json === true ? `${bannerJson(banner)}\n` : bannerText(banner))
}

export function printReady({ stdout }: NodeContext, { json }: DevOptions, height: number): void {
  const text = `Block ${height} is committed: the chain is ready. Ctrl-C ends it, its state is kept.`
  stdout.write(`${json === true ? JSON.stringify({ event: 'ready', height }) : text}\n`)
}

function bannerJson(banner: Banner): string {
  const accounts = DEV_ACCOUNTS.map((account) => ({ ...account, public: true }))
  return JSON.stringify({ event: 'banner', ...banner, mnemonic: DEV_MNEMONIC, accounts })
}

const OFF = 'off (config/app.toml)'

const telemetryLine = (url: string): string =>
  `  Telemetry  ${url === '' ? OFF : `${url}/metrics, /health`}\n`

/** What people read before the first block. */
export function bannerText({ chainId, home, height, doors, moved, versions, solo }: Banner): string {
  const accounts = DEV_ACCOUNTS.map(
    ({ address, hexAddress, privateKey }, index) =>
      `  dev${index}  ${address}  ${hexAddress}\n        ${privateKey}`,
  )
  return `
Wadi ${versions['wadi']} devnet, chain id ${chainId}
${solo === undefined ? '' : `\n${solo}\n`}
Accounts, 1,000,000 WADI each. The keys are PUBLIC: whoever has them takes what they hold on any real network.
${accounts.join('\n')}
  mnemonic: ${DEV_MNEMONIC}   (m/44'/118'/0'/0/0 … 9)

Doors
  RPC        ${doors.rpc}
  WebSocket  ${doors.websocket}
  REST       ${doors.rest || OFF}
  gRPC       ${doors.grpc || OFF}
  Faucet     ${doors.faucet}   (100 WADI a credit, from ${DEV_FAUCET.address})
  Page       ${doors.page}   (open it: blocks, transactions, assets)
${doors.telemetry === undefined ? '' : telemetryLine(doors.telemetry)}${moved.map((line) => `  (${line})\n`).join('')}
Data      ${home}${height > 0 ? ` (continues at height ${height}; --reset starts over)` : ''}
Versions  CometBFT ${versions['cometbft'] ?? 'none'}, Node ${versions['node']}

`
}

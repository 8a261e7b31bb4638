import { SUPPORTED_COMETBFT } from '../cometbft.ts'
import type { HomePaths } from '../home.ts'
import { type NodeStatus, rpcGet } from '../rpc.ts'
import { readToml, TomlTable } from '../toml-table.ts'
import { bad, type Finding, good, warn } from './finding.ts'

/** CometBFT refuses a proposal whose time is further off than this from what the node's clock allows. */
const MAX_CLOCK_SKEW_MS = 10_000
const STALL_MS = 60_000
/** Peers that are named one by one. */
const NAMED_PEERS = 5
const HEALTH_TIMEOUT_MS = 2_000

/** The time of a block is what two thirds of the validators' clocks said. */
export function checkClock({ height, latestBlockTime, catchingUp }: NodeStatus, now: number): Finding {
  if (height === 0) return good('clock', 'no block to compare with yet')
  const ahead = Date.parse(latestBlockTime) - now
  if (ahead > MAX_CLOCK_SKEW_MS) {
    const detail = `the latest block is ${Math.round(ahead / 1000)} s in this clock's future`
    return bad('clock', detail, 'set the clock (NTP)')
  }
  if (-ahead > STALL_MS && !catchingUp)
    return bad(
      'clock',
      `the latest block is ${Math.round(-ahead / 1000)} s old: the chain stands still, or this clock is ahead`,
      'compare the clock with another machine (NTP); look whether two thirds of the validators run',
    )
  return good('clock', 'agrees with the latest block')
}

/** The CometBFT that runs, which after an update may not be the one that was found. */
export function checkRunningVersion({ version }: NodeStatus): Finding {
  if (version === SUPPORTED_COMETBFT) return good('running cometbft', `v${version}`)
  return warn(
    'running cometbft',
    `v${version} runs, this program is made for v${SUPPORTED_COMETBFT}`,
    'start the node again with the CometBFT that set-up installed',
  )
}

interface NetInfo {
  readonly n_peers?: string
  readonly peers?: readonly { readonly node_info?: { readonly id?: string } }[]
}

/** Who the node is connected with, against whom its configuration wants. */
export async function checkPeers(paths: HomePaths, rpcUrl: string): Promise<Finding> {
  const info = (await rpcGet(rpcUrl, '/net_info')) as NetInfo | undefined
  if (info === undefined) return warn('peers', 'the node does not say who its peers are', 'ask again')
  const count = Number(info.n_peers ?? 0)
  const { persistent, seeds } = wantedPeers(paths)
  const connected = new Set(info.peers?.map(({ node_info: node }) => node?.id))
  const missing = persistent.filter((peer) => !connected.has(peer.split('@', 1)[0]))
  const fix =
    'look whether they run and whether a firewall is between; correct persistent_peers in config/config.toml'
  const names = missing.slice(0, NAMED_PEERS).join(', ')
  if (count === 0) {
    if (persistent.length + seeds.length === 0) return good('peers', 'none, and none are configured')
    return bad('peers', `none, of those configured: ${names || seeds.slice(0, NAMED_PEERS).join(', ')}`, fix)
  }
  const connections = `${count} ${count === 1 ? 'peer' : 'peers'}`
  if (missing.length === 0) return good('peers', connections)
  return warn('peers', `${connections}; not connected: ${names}`, fix)
}

function wantedPeers(paths: HomePaths) {
  const p2p = new TomlTable(paths.cometbftToml, '', readToml(paths.cometbftToml)).table('p2p')
  const list = (key: string) =>
    String(p2p[key] ?? '')
      .split(',')
      .map((peer) => peer.trim())
      .filter((peer) => peer !== '')
  return { persistent: list('persistent_peers'), seeds: list('seeds') }
}

interface HealthAnswer {
  readonly status?: string
  readonly reasons?: readonly string[]
}

/** What the application says of itself. */
export async function checkHealth(telemetryUrl: string): Promise<Finding> {
  let health: HealthAnswer
  try {
    const response = await fetch(`${telemetryUrl}/health`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) })
    health = (await response.json()) as HealthAnswer
  } catch {
    return bad('health', `${telemetryUrl}/health does not answer`, 'read the log of the node; start it again')
  }
  if (health.status === 'ok') return good('health', `${telemetryUrl}/health says ok`)
  return bad('health', (health.reasons ?? []).join('; '), 'read the log of the node')
}

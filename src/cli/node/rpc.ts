import { setTimeout as sleep } from 'node:timers/promises'
import { NodeError } from './errors.ts'

const REQUEST_TIMEOUT_MS = 2_000
const POLL_MS = 50

/** What `/status` of a CometBFT RPC says, as far as processes are concerned with it. */
export interface NodeStatus {
  readonly nodeId: string
  readonly network: string
  /** Of CometBFT, such as `0.38.25`. */
  readonly version: string
  readonly height: number
  readonly catchingUp: boolean
  /** RFC 3339; the year 1 before the first block. */
  readonly latestBlockTime: string
  /** Upper-case hexadecimal; empty before the first block. */
  readonly latestAppHash: string
  readonly latestBlockHash: string
}

interface StatusResponse {
  readonly result?: {
    readonly node_info: { readonly id: string; readonly network: string; readonly version: string }
    readonly sync_info: {
      readonly latest_block_height: string
      readonly latest_block_time: string
      readonly latest_app_hash: string
      readonly latest_block_hash: string
      readonly catching_up: boolean
    }
  }
}

/**
 * Asks an RPC for one path (`/status`, `/block?height=2`) and returns its `result`, or undefined when nobody
 * answers.
 */
export async function rpcGet(rpcUrl: string, path: string, timeoutMs = REQUEST_TIMEOUT_MS): Promise<unknown> {
  try {
    const response = await fetch(`${rpcUrl}${path}`, { signal: AbortSignal.timeout(timeoutMs) })
    return ((await response.json()) as { result?: unknown }).result
  } catch {
    return undefined
  }
}

/** The state of the node behind `rpcUrl`, or undefined while it does not answer. */
export async function nodeStatus(
  rpcUrl: string,
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<NodeStatus | undefined> {
  const result = (await rpcGet(rpcUrl, '/status', timeoutMs)) as StatusResponse['result']
  if (result === undefined) return undefined
  const { node_info, sync_info } = result
  return {
    nodeId: node_info.id,
    network: node_info.network,
    version: node_info.version,
    height: Number(sync_info.latest_block_height),
    catchingUp: sync_info.catching_up,
    latestBlockTime: sync_info.latest_block_time,
    latestAppHash: sync_info.latest_app_hash,
    latestBlockHash: sync_info.latest_block_hash,
  }
}

/**
 * Waits until the node has committed `height` and returns its status. Throws `timeout` after `timeoutMs`, and whatever
 * `failed` returns as soon as it returns an error.
 */
export async function waitForHeight(
  rpcUrl: string,
  height: number,
  timeoutMs: number,
  failed: () => Error | undefined = () => undefined,
): Promise<NodeStatus> {
  const deadline = Date.now() + timeoutMs
  let last: NodeStatus | undefined
  for (;;) {
    last = (await nodeStatus(rpcUrl)) ?? last
    if (last !== undefined && last.height >= height) return last
    const error = failed()
    if (error !== undefined) throw error
    if (Date.now() > deadline) break
    await sleep(POLL_MS)
  }
  const reached = last === undefined ? 'it never answered' : `it is at ${last.height}`
  throw new NodeError('timeout', `${rpcUrl} did not reach height ${height} in ${timeoutMs} ms: ${reached}`, [
    'read its log; "wadi doctor" checks the usual causes',
  ])
}

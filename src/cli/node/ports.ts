import { connect, createServer } from 'node:net'
import { NodeError } from './errors.ts'

/** The ports people expect; each moves up when it is taken. */
export const DEFAULT_PORTS = {
  ...{ rpc: 26657, p2p: 26656, rest: 1317, grpc: 9090 },
  ...{ metrics: 26660, telemetry: 26661 },
} as const

/** Of what a devnet has beside its node. */
export const DEV_PORTS = { faucet: 8000, page: 8080 } as const

export const LOOPBACK = '127.0.0.1'

/** How far above the preferred port the search goes. */
const SEARCH_WIDTH = 200
const CONNECT_TIMEOUT_MS = 500

export interface PickedPorts<K extends string> {
  readonly ports: Readonly<Record<K, number>>
  /** The names whose port is not the preferred one. */
  readonly moved: readonly K[]
}

/** For each name the preferred port, or the next free one above it; no two alike. */
export async function pickPorts<K extends string>(
  preferred: Readonly<Record<K, number>>,
  host = LOOPBACK,
): Promise<PickedPorts<K>> {
  const names = Object.keys(preferred) as K[]
  const taken = new Set<number>()
  const ports = {} as Record<K, number>
  for (const name of names) {
    ports[name] = await freePort(preferred[name], host, taken)
    taken.add(ports[name])
  }
  return { ports, moved: names.filter((name) => ports[name] !== preferred[name]) }
}

/**
 * The first free port from `preferred` up that is not in `taken`. With `preferred` 0 the search starts at a
 * random place below the range from which systems draw the local ends of outgoing connections, so the port stays
 * free for a restart.
 */
export async function freePort(preferred: number, host = LOOPBACK, taken: ReadonlySet<number> = new Set()) {
  const start = preferred === 0 ? 15_000 + Math.floor(Math.random() * 17_000) : preferred
  for (let port = start; port < start + SEARCH_WIDTH && port < 65_536; port++) {
    if (!taken.has(port) && (await isPortFree(port, host))) return port
  }
  throw new NodeError(
    'no-free-port',
    `no free port on ${host} from ${start} to ${start + SEARCH_WIDTH - 1}`,
    ['end what listens there, or choose other ports'],
  )
}

/** True when nobody answers at the port and it can be listened on. */
export async function isPortFree(port: number, host = LOOPBACK): Promise<boolean> {
  return (await canListen(port, host)) && !(await answers(port, host))
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** Whether something accepts connections. Some systems let a second listener bind a narrower address; this tells. */
export function answers(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => settle(false))
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}

import { fromHex } from '#lib/bytes.ts'
import { Faucet } from '../../faucet/faucet.ts'
import { DEV_LIMITS } from '../../faucet/settings.ts'
import { StatusPage } from '../../status/status-page.ts'
import type { QueryDoors } from '../node/app-server.ts'
import { DEV_FAUCET } from '../node/dev-accounts.ts'
import { DEV_PORTS, freePort, LOOPBACK } from '../node/ports.ts'

/** The doors of a devnet that its node knows nothing of. */
export interface DevDoors {
  /** All of them: those of the node, and these. */
  readonly doors: NodeDoors & { readonly faucet: string; readonly page: string }
  /** For `run.json`. */
  readonly record: { readonly faucetUrl: string; readonly pageUrl: string }
  readonly ports: Readonly<Record<Name, number>>
  /** The names whose port is not the usual one. */
  readonly moved: readonly Name[]
  close(): Promise<void>
}

type Name = keyof typeof DEV_PORTS

/** Where a node listens, as its banner says it; empty for what is off. */
export interface NodeDoors {
  readonly rpc: string
  readonly websocket: string
  readonly rest: string
  readonly grpc: string
}

/** The doors of a node, from its RPC and where its queries are answered. */
export function nodeDoors(rpc: string, { restUrl = '', grpcAddress = '' }: QueryDoors): NodeDoors {
  return { rpc, websocket: `${rpc.replace('http', 'ws')}/websocket`, rest: restUrl, grpc: grpcAddress }
}

/** What a devnet's faucet gives at a time: 100 WADI. */
const DEV_CREDITS = [{ denom: 'awadi', amount: `${100n * 10n ** 18n}` }]

const PORT_ATTEMPTS = 5

/** Opens the faucet and the status page over the doors of a node, each at its usual port or the next free one. */
export async function openDevDoors(node: NodeDoors, log: (message: string) => void): Promise<DevDoors> {
  const faucet = new Faucet({
    credits: DEV_CREDITS,
    limits: DEV_LIMITS,
    // For development: pages in a browser may call.
    cors: ['*'],
    nodeUrl: node.rpc,
    openPayer: () => openDevPayer(node.rpc),
    log,
  })
  const faucetUrl = await listening('faucet', (port) => faucet.listen(LOOPBACK, port))
  const page = new StatusPage({
    rpc: node.rpc,
    websocket: node.websocket,
    rest: node.rest,
    faucet: faucetUrl,
  })
  try {
    const url = await listening('page', (port) => page.listen(LOOPBACK, port, (error) => log(`${error}`)))
    const ports = { faucet: portOf(faucetUrl), page: portOf(url) }
    const names: readonly Name[] = ['faucet', 'page']
    return {
      doors: { ...node, faucet: faucetUrl, page: url },
      record: { faucetUrl, pageUrl: url },
      ports,
      moved: names.filter((name) => ports[name] !== DEV_PORTS[name]),
      close: async () => void (await Promise.all([faucet.close(), page.close()])),
    }
  } catch (error) {
    await faucet.close()
    throw error
  }
}

const portOf = (url: string): number => Number(new URL(url).port)

/** Listens on the usual port or the next free one; on another where somebody took that between look and start. */
async function listening(
  name: 'faucet' | 'page',
  listen: (port: number) => Promise<string>,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listen(await freePort(DEV_PORTS[name]))
    } catch (error) {
      const taken = error instanceof Error && error.message.includes('EADDRINUSE')
      if (!taken || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

/** Loaded when coins are first asked for: a start does not wait for it. */
async function openDevPayer(rpcUrl: string) {
  const { openPayer } = await import('../faucet/payer.ts')
  return openPayer(rpcUrl, {
    address: DEV_FAUCET.address,
    privateKey: fromHex(DEV_FAUCET.privateKey),
    algorithm: 'secp256k1',
  })
}

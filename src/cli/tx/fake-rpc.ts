import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll } from 'vitest'
import { CHAIN_ID } from './testkit.ts'

const ZEROS = '00'.repeat(20)

/** What CometBFT of a chain says of itself, as far as CosmJS reads it. */
const statusOf = (network: string) => ({
  result: {
    node_info: {
      protocol_version: { p2p: '8', block: '11', app: '1' },
      id: ZEROS,
      listen_addr: 'tcp://127.0.0.1:26656',
      network,
      version: '0.38.25',
      channels: '40',
      moniker: 'fake',
      other: {},
    },
    sync_info: {
      latest_block_hash: ZEROS,
      latest_app_hash: ZEROS,
      latest_block_height: '1',
      latest_block_time: '2030-01-01T00:00:00Z',
      catching_up: false,
    },
    validator_info: {
      address: ZEROS,
      pub_key: { type: 'tendermint/PubKeyEd25519', value: Buffer.alloc(32).toString('base64') },
      voting_power: '10',
    },
  },
})

/** What was asked, in order. */
interface Asked {
  readonly method: string
  readonly params: unknown
}

/** An RPC of a chain that answers these methods, and `status`; each answer has a `result` or an `error`. */
export async function fakeRpc(
  answers: Readonly<Record<string, object>>,
  chainId = CHAIN_ID,
): Promise<{ readonly url: string; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = []
  const url = await serve(async (request, response) => {
    const { id, method, params } = JSON.parse(await text(request))
    asked.push({ method, params })
    response.end(
      JSON.stringify({ jsonrpc: '2.0', id, ...{ status: statusOf(chainId), ...answers }[method as string] }),
    )
  })
  return { url, asked }
}

/** An RPC that takes connections and says nothing. */
export const silentRpc = (): Promise<string> => serve(() => {})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing) close()
})

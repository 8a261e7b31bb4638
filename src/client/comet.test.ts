import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WadiClient } from './client.ts'
import { NotReadyError } from './errors.ts'

// What CometBFT 0.38.25 answers before its first block, shortened to what is read.
const STATUS = {
  node_info: {
    protocol_version: { p2p: '8', block: '11', app: '0' },
    id: '5f5e1a4b1f0b2f4d8a3c7c2a9a8a0e6b1d2c3f4a',
    listen_addr: 'tcp://127.0.0.1:26656',
    network: 'wadi-test-1',
    version: '0.38.25',
    channels: '40202122233038606100',
    moniker: 'alone',
    other: { tx_index: 'on', rpc_address: 'tcp://127.0.0.1:26657' },
  },
  sync_info: {
    latest_block_hash: '',
    latest_app_hash: '',
    latest_block_height: '0',
    latest_block_time: '1970-01-01T00:00:00Z',
    earliest_block_hash: '',
    earliest_app_hash: '',
    earliest_block_height: '0',
    earliest_block_time: '1970-01-01T00:00:00Z',
    catching_up: true,
  },
  validator_info: {
    address: 'C3F1B1A5E1F0C4D2B3A4958677685940312223F4',
    pub_key: { type: 'tendermint/PubKeyEd25519', value: Buffer.alloc(32).toString('base64') },
    voting_power: '0',
  },
}

test('a node that has no block yet is told from one that fails', async () => {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: STATUS }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = await WadiClient.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  try {
    await expect(client.chainId()).rejects.toThrow(NotReadyError)
    await expect(client.height()).rejects.toThrow('the node has no block yet')
  } finally {
    client.disconnect()
    server.close()
  }
})

import { timeText } from '../block-time.ts'
import type { BlockMeta } from '../chain-store.ts'
import { RpcRefusal } from '../errors.ts'
import { base64Text, hexText, queryJson } from '../json.ts'
import { GENESIS_CHUNK_BYTES } from '../limits.ts'
import type { SoloNode } from '../node.ts'
import { publicKeyJson } from './block-methods.ts'
import { type Method, method, socketMethod } from './method.ts'

const UNIX_EPOCH = { seconds: 0n, nanos: 0 }

/** The node, its application, and subscriptions to what happens. */
export const nodeMethods: Readonly<Record<string, Method>> = {
  health: method({}, () => ({})),

  status: method({}, (node) => {
    const { address, publicKey, power } = node.genesis.validator
    const latest = node.store.meta(node.store.height)
    const earliest = node.store.meta(node.base)
    return {
      node_info: nodeInfoJson(node),
      sync_info: {
        ...endOfChain('latest', latest),
        ...endOfChain('earliest', earliest),
        catching_up: false,
      },
      validator_info: {
        address: hexText(address),
        pub_key: publicKeyJson(publicKey),
        voting_power: `${power}`,
      },
    }
  }),

  net_info: method({}, () => ({ listening: false, listeners: [], n_peers: '0', peers: [] })),

  abci_info: method({}, (node) => {
    const info = node.app.info({ version: '', blockVersion: 11n, p2pVersion: 8n, abciVersion: '2.0.0' })
    const { data, version, appVersion, lastBlockHeight, lastBlockAppHash } = info
    return {
      response: {
        ...(data === '' ? {} : { data }),
        ...(version === '' ? {} : { version }),
        ...(appVersion === 0n ? {} : { app_version: `${appVersion}` }),
        ...(lastBlockHeight === 0 ? {} : { last_block_height: `${lastBlockHeight}` }),
        ...(lastBlockAppHash.length === 0 ? {} : { last_block_app_hash: base64Text(lastBlockAppHash) }),
      },
    }
  }),

  abci_query: method(
    { path: 'string', data: 'hex', height: 'int64', prove: 'bool' },
    async (node, { path, data, height, prove }) => ({
      response: queryJson(await node.app.query({ path, data, height: Number(height), prove })),
    }),
  ),

  genesis: method({}, (node) => {
    if (chunksOf(node).length > 1)
      throw new RpcRefusal('genesis response is large, please use the genesis_chunked API instead')
    return { genesis: node.genesis.document }
  }),

  genesis_chunked: method({ chunk: 'uint' }, (node, { chunk }) => {
    const chunks = chunksOf(node)
    const part = chunks[Number(chunk)]
    if (part === undefined) throw new RpcRefusal(`there are ${chunks.length - 1} chunks, ${chunk} is invalid`)
    return { chunk: `${chunk}`, total: `${chunks.length}`, data: base64Text(part) }
  }),

  subscribe: socketMethod({ query: 'string' }, (node, { query }, { client, deliver }) => {
    const send = deliver?.(query)
    node.bus.subscribe(client, query, ({ data, events }) => send?.(data, events))
    return {}
  }),

  unsubscribe: socketMethod({ query: 'string' }, (node, { query }, { client }) => {
    node.bus.unsubscribe(client, query)
    return {}
  }),

  unsubscribe_all: socketMethod({}, (node, _, { client }) => {
    node.bus.unsubscribeAll(client)
    return {}
  }),
}

function nodeInfoJson(node: SoloNode): object {
  const { id, moniker, version } = node.options.info
  return {
    protocol_version: { p2p: '8', block: '11', app: `${node.producer.appVersion}` },
    id,
    // Clients refuse an empty text; there are no peers to listen to.
    listen_addr: 'none',
    network: node.genesis.chainId,
    version,
    channels: '',
    moniker,
    other: { tx_index: 'on', rpc_address: node.rpcAddress },
  }
}

function endOfChain(name: 'latest' | 'earliest', meta: BlockMeta | undefined): object {
  return {
    [`${name}_block_hash`]: hexText(meta?.id.hash ?? new Uint8Array()),
    [`${name}_app_hash`]: hexText(meta?.header.appHash ?? new Uint8Array()),
    [`${name}_block_height`]: `${meta?.height ?? 0}`,
    [`${name}_block_time`]: timeText(meta?.header.time ?? UNIX_EPOCH),
  }
}

/** The genesis document in pieces; made when first asked for. */
const chunks = new WeakMap<object, Uint8Array[]>()

function chunksOf({ genesis }: SoloNode): readonly Uint8Array[] {
  let parts = chunks.get(genesis)
  if (parts !== undefined) return parts
  const bytes = Buffer.from(JSON.stringify(genesis.document))
  parts = []
  for (let at = 0; at < bytes.length; at += GENESIS_CHUNK_BYTES)
    parts.push(bytes.subarray(at, at + GENESIS_CHUNK_BYTES))
  chunks.set(genesis, parts)
  return parts
}

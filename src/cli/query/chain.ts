import { TxResponse } from '#gen/cosmos/base/abci/v1beta1/abci.ts'
import { GetBlockByHeightResponse } from '#gen/cosmos/base/tendermint/v1beta1/query.ts'
import { OrderBy } from '#gen/cosmos/tx/v1beta1/service.ts'
import { fromHex, toHex } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import { type JsonObject, type JsonValue, toJson } from '#lib/proto-json.ts'
import { messageOf } from '#lib/reflect.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { WadiClient } from '../../client/client.ts'
import { anyTypes } from '../../client/services.ts'
import type { RunContext } from '../context.ts'
import { methodCommands } from '../derived.ts'
import { CommandError, UsageError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { readAddress } from '../keys/key.ts'
import type { NodeOptions } from '../options.ts'
import { type OutputFormat, print } from '../output.ts'
import { printMessage, readable } from '../output-message.ts'
import { atNode, checkedChainId, PATIENCE } from '../session.ts'
import { didYouMean } from '../suggest.ts'
import type { BlockOptions, TxQueryOptions, TxsOptions } from './chain-commands.ts'
import { rawRpc } from './raw-rpc.ts'

/** Runs a query on the chain that the options name. */
async function onChain(options: NodeOptions, work: (client: WadiClient) => Promise<void>): Promise<void> {
  await atNode(options.node, async () => {
    const client = await WadiClient.connect(options.node, PATIENCE)
    await checkedChainId(client, options)
    registerCodecs(anyTypes())
    await work(client)
  })
}

/** `wadi query tx`: one transaction, by its hash, by who signed it, or by its signature. */
export async function queryTx(context: RunContext, id: string, options: TxQueryOptions): Promise<void> {
  const wanted = txId(id, options.type)
  await onChain(options, async (client) => {
    const found =
      wanted.hash === undefined ? await byEvent(client, wanted) : await byHash(client, wanted.hash)
    await print(context, options.output, responseJson(found, options.output))
  })
}

/** People are spared the events, as where a transaction is sent. */
function responseJson(response: TxResponse, output: OutputFormat): JsonObject {
  const json = toJson(TxResponse.$type, response) as JsonObject
  if (output === 'json') return json
  const {
    events: _,
    logs: __,
    data: ___,
    ...rest
  } = readable(messageOf(TxResponse.$type), json) as Record<string, JsonValue>
  return rest
}

interface TxId {
  readonly hash?: string
  /** An event attribute that only this transaction has, and its value. */
  readonly event?: string
  readonly value?: string
}

const TX_HASH = /^(?:0x)?([0-9a-fA-F]{64})$/
const ACC_SEQ = /^([^/]+)\/(\d{1,20})$/
const SIGNATURE = /^[A-Za-z0-9+/]{86}==$/

function txId(id: string, type: TxQueryOptions['type']): TxId {
  const hash = TX_HASH.exec(id)?.[1]
  const [, who = '', sequence = ''] = ACC_SEQ.exec(id) ?? []
  if (hash !== undefined && (type ?? 'hash') === 'hash') return { hash: hash.toUpperCase() }
  const address = sequence === '' ? undefined : readAddress(who)
  if (address !== undefined && (type ?? 'acc_seq') === 'acc_seq')
    return { event: 'tx.acc_seq', value: `${address}/${sequence}` }
  // A multisig's is longer than that of one key.
  const isSignature =
    type === 'signature' ? /^[A-Za-z0-9+/]+={0,2}$/.test(id) : type === undefined && SIGNATURE.test(id)
  if (isSignature) return { event: 'tx.signature', value: id }
  const names = methodCommands('query', 'tx').flatMap(({ name, aliases }) => [name, ...aliases])
  const forms = {
    hash: 'a hash of 64 hex digits',
    acc_seq: 'ADDRESS/SEQUENCE of who signed it',
    signature: 'a signature in base64',
  }
  const expected = type === undefined ? Object.values(forms).join(', or ') : forms[type]
  throw new UsageError(
    `${JSON.stringify(id)} names no transaction: write ${expected}.${didYouMean(id, names)}`,
  )
}

async function byHash(client: WadiClient, hash: string): Promise<TxResponse> {
  const { txResponse } = await client.query.tx.getTx({ hash })
  if (txResponse !== undefined) return txResponse
  throw new CommandError(`transaction ${hash} is in no block`, [], EXIT.notFound)
}

async function byEvent(client: WadiClient, { event = '', value = '' }: TxId): Promise<TxResponse> {
  const { txResponses } = await client.query.tx.getTxsEvent({ query: `${event}='${value}'`, limit: 1n })
  const [first] = txResponses
  if (first !== undefined) return first
  throw new CommandError(
    `no transaction has ${event} ${value}`,
    [
      `the node has to index it: index-events of its app.toml has to have "${event}", since before the transaction`,
    ],
    EXIT.notFound,
  )
}

const MAX_LIMIT = 100n

/** `wadi query txs`: a page of the transactions whose events match. */
export async function queryTxs(context: RunContext, options: TxsOptions): Promise<void> {
  const query = condition(options)
  const [page, limit] = [BigInt(options.page), BigInt(options.limit)]
  if (page < 1n) throw new UsageError(`--page ${page}: the first page is 1`)
  if (limit < 1n || limit > MAX_LIMIT)
    throw new UsageError(`--limit ${limit}: a page has 1 to ${MAX_LIMIT} transactions`)
  const orderBy = options.orderBy === 'desc' ? OrderBy.ORDER_BY_DESC : OrderBy.ORDER_BY_ASC
  await onChain(options, async (client) => {
    const { txResponses, total } = await client.query.tx.getTxsEvent({ query, page, limit, orderBy })
    const json = {
      total_count: total.toString(),
      count: txResponses.length.toString(),
      page_number: page.toString(),
      page_total: ((total + limit - 1n) / limit).toString(),
      limit: limit.toString(),
      txs: txResponses.map((response) => responseJson(response, options.output)),
    }
    await print(context, options.output, json)
  })
}

/** `a.b=c&d.e=5` is `a.b='c' AND d.e=5`: numbers stand without quotes. */
function condition({ query, events }: TxsOptions): string {
  if (query !== undefined && events !== undefined)
    throw new UsageError('--query and --events say the same: give one')
  if (query !== undefined && query.trim() !== '') return query
  if (events === undefined || events.trim() === '')
    throw new UsageError(`--query is missing: write what to look for, as --query "transfer.sender='wadi1…'"`)
  const parts = events.split('&').map((part) => {
    const [, key = '', value = ''] = /^\s*([^=\s]+\.[^=\s]+)=(.+?)\s*$/.exec(part) ?? []
    if (key === '') throw new UsageError(`--events: ${JSON.stringify(part)} is not type.attribute=value`)
    const bare = value.replace(/^'(.*)'$/, '$1')
    if (bare.includes("'"))
      throw new UsageError(`--events: a value cannot have a quote in it: ${JSON.stringify(part)}`)
    return key === 'tx.height' && /^\d+$/.test(bare) ? `${key}=${bare}` : `${key}='${bare}'`
  })
  return parts.join(' AND ')
}

/** `wadi query block`: a block, for people with the hashes of its transactions. */
export async function queryBlock(
  context: RunContext,
  id: string | undefined,
  options: BlockOptions,
): Promise<void> {
  const type = options.type ?? (id !== undefined && TX_HASH.test(id) ? 'hash' : 'height')
  if (id !== undefined && type === 'height' && !/^\d{1,18}$/.test(id))
    throw new UsageError(`${JSON.stringify(id)} is no height, and no hash of 64 hex digits`)
  const digits = type === 'hash' ? TX_HASH.exec(id ?? '')?.[1] : undefined
  if (type === 'hash' && digits === undefined) throw new UsageError('a hash of a block has 64 hex digits')
  await onChain(options, async (client) => {
    const height =
      digits === undefined ? (id ?? (await client.height())) : await heightOf(options.node, digits)
    const answer = await client.query.tendermint.getBlockByHeight({ height: BigInt(height) })
    if (options.output === 'json')
      return printMessage(context, 'json', GetBlockByHeightResponse.$type, answer)
    await print(context, 'text', summary(answer))
  })
}

async function heightOf(node: string, hash: string): Promise<string> {
  // CosmJS' reader of this answer takes no null, which CometBFT gives for an unknown hash.
  const params = { hash: Buffer.from(fromHex(hash)).toString('base64') }
  const { block } = (await rawRpc(node, 'block_by_hash', params)) as unknown as FoundBlock
  if (block === null) throw new CommandError(`no block has the hash ${hash.toUpperCase()}`, [], EXIT.notFound)
  return block.header.height
}

interface FoundBlock {
  readonly block: { readonly header: { readonly height: string } } | null
}

function summary({ blockId, block, sdkBlock }: GetBlockByHeightResponse): JsonObject {
  const json = toJson(GetBlockByHeightResponse.$type, { blockId, block, sdkBlock }) as Record<
    string,
    JsonObject
  >
  const header = (json['sdk_block']?.['header'] ?? json['block']?.['header'] ?? {}) as JsonObject
  const txs = block?.data?.txs ?? []
  return {
    height: header['height'] ?? '',
    hash: toHex(blockId?.hash ?? new Uint8Array()).toUpperCase(),
    time: header['time'] ?? '',
    chain_id: header['chain_id'] ?? '',
    proposer: header['proposer_address'] ?? '',
    app_hash: toHex(block?.header?.appHash ?? new Uint8Array()).toUpperCase(),
    txs: txs.map((tx) => toHex(sha256(tx)).toUpperCase()),
  }
}

/** `wadi query block-results`: CometBFT's own answer. */
export async function queryBlockResults(
  context: RunContext,
  height: string | undefined,
  options: NodeOptions,
): Promise<void> {
  await onChain(options, async (client) => {
    const at = height ?? String(await client.height())
    await print(context, options.output, await rawRpc(options.node, 'block_results', { height: at }))
  })
}

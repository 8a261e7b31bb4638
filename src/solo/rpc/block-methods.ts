import { RpcRefusal } from '../errors.ts'
import {
  blockIdJson,
  blockJson,
  blockMetaJson,
  commitJson,
  headerJson,
  hexText,
  outcomeJson,
  paramsJson,
} from '../json.ts'
import type { SoloNode } from '../node.ts'
import { parseQuery } from '../query.ts'
import { searchBlocks } from '../search.ts'
import { type Method, method } from './method.ts'
import { heightOf, inOrder, pageOf } from './pages.ts'

/** Headers one `blockchain` shows at most. */
const MAX_METAS = 20n

const NO_BLOCK_ID = { hash: '', parts: { total: 0, hash: '' } }

/** Blocks and what belongs to them. */
export const blockMethods: Readonly<Record<string, Method>> = {
  blockchain: method({ minHeight: 'int64', maxHeight: 'int64' }, (node, { minHeight, maxHeight }) => {
    const { low, high } = spanOf(node, minHeight, maxHeight)
    const metas: object[] = []
    for (let height = high; height >= low; height--) {
      const meta = node.store.meta(Number(height))
      if (meta !== undefined) metas.push(blockMetaJson(meta))
    }
    return { last_height: `${node.store.height}`, block_metas: metas }
  }),

  block: method({ height: 'int64?' }, (node, { height }) =>
    blockAt(node, heightOf(node, node.store.height, height)),
  ),

  block_by_hash: method({ hash: 'bytes' }, (node, { hash }) => blockAt(node, node.store.heightOf(hash))),

  header: method({ height: 'int64?' }, (node, { height }) =>
    headerAt(node, heightOf(node, node.store.height, height)),
  ),

  header_by_hash: method({ hash: 'hex' }, (node, { hash }) => headerAt(node, node.store.heightOf(hash))),

  commit: method({ height: 'int64?' }, (node, { height: given }) => {
    const height = heightOf(node, node.store.height, given)
    const meta = node.store.meta(height)
    if (meta === undefined) throw new RpcRefusal(`block ${height} is not stored`)
    // The commit that the chain agreed on stands in the next block.
    const next = node.store.meta(height + 1)
    const commit = next?.lastCommit ?? meta.seenCommit
    return {
      signed_header: { header: headerJson(meta.header), commit: commitJson(commit) },
      canonical: next !== undefined,
    }
  }),

  block_results: method({ height: 'int64?' }, (node, { height: given }) => {
    const height = heightOf(node, node.store.height, given)
    const outcome = node.store.outcome(height)
    if (outcome === undefined) throw new RpcRefusal(`could not find results for height #${height}`)
    return outcomeJson(height, outcome, node.store.resultsOf(height))
  }),

  block_search: method(
    { query: 'string', page: 'int?', per_page: 'int?', order_by: 'string' },
    (node, { query, page, per_page, order_by }) => {
      const found = searchBlocks(node.store, parseQuery(query))
      const heights = inOrder(found, order_by, 'desc', (a, b) => a - b)
      const blocks = pageOf(heights, page, per_page).map((height) => blockAt(node, height))
      return { blocks, total_count: `${heights.length}` }
    },
  ),

  validators: method(
    { height: 'int64?', page: 'int?', per_page: 'int?' },
    (node, { height: given, page, per_page }) => {
      const height = heightOf(node, node.store.height + 1, given)
      const { address, publicKey, power } = node.genesis.validator
      const validator = {
        address: hexText(address),
        pub_key: publicKeyJson(publicKey),
        voting_power: `${power}`,
        proposer_priority: '0',
      }
      const validators = pageOf([validator], page, per_page)
      return { block_height: `${height}`, validators, count: `${validators.length}`, total: '1' }
    },
  ),

  consensus_params: method({ height: 'int64?' }, (node, { height: given }) => {
    const height = heightOf(node, node.store.height + 1, given)
    const params = node.store.params(height) ?? node.genesis.params
    return { block_height: `${height}`, consensus_params: paramsJson(params) }
  }),
}

export function publicKeyJson(publicKey: Uint8Array): object {
  return { type: 'tendermint/PubKeyEd25519', value: Buffer.from(publicKey).toString('base64') }
}

function blockAt(node: SoloNode, height: number | undefined): object {
  const meta = height === undefined ? undefined : node.store.meta(height)
  if (meta === undefined) return { block_id: NO_BLOCK_ID, block: null }
  return { block_id: blockIdJson(meta.id), block: blockJson(meta, node.store.txsOf(meta.height)) }
}

function headerAt(node: SoloNode, height: number | undefined): object {
  const meta = height === undefined ? undefined : node.store.meta(height)
  return { header: meta === undefined ? null : headerJson(meta.header) }
}

/** The heights `blockchain` shows, newest first; 0 stands for the ends of the chain. */
function spanOf(node: SoloNode, min: bigint, max: bigint): { low: bigint; high: bigint } {
  if (min < 0n || max < 0n) throw new RpcRefusal('heights must be non-negative')
  const latest = BigInt(node.store.height)
  const high = max === 0n || max > latest ? latest : max
  const low = greatest(min === 0n ? 1n : min, BigInt(node.base), high - MAX_METAS + 1n)
  if (low > high) throw new RpcRefusal(`min height ${low} can't be greater than max height ${high}`)
  return { low, high }
}

function greatest(...numbers: readonly bigint[]): bigint {
  return numbers.reduce((a, b) => (a > b ? a : b))
}

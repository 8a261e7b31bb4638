import type { PageRequest } from '#gen/cosmos/base/query/v1beta1/pagination.ts'
import type { ABCIQueryRequest, ABCIQueryResponse } from '#gen/cosmos/base/tendermint/v1beta1/query.ts'
import { ServiceDefinition } from '#gen/cosmos/base/tendermint/v1beta1/query.ts'
import type { Block } from '#gen/cosmos/base/tendermint/v1beta1/types.ts'
import { ADDRESS_PREFIX } from '#lib/address.ts'
import { encodeBech32 } from '#lib/bech32.ts'
import { fromHex } from '#lib/bytes.ts'
import { sdk } from '../../kernel/sdk-errors.ts'
import { type CometBlock, listOf, objectOf, packConsensusKey, textOf } from '../comet-json.ts'
import { type NodeService, nodeService } from '../routes.ts'
import type { Versions } from '../versions.ts'
import { type Comet, rowsOf, spanOf } from './comet.ts'

/** The release of the Cosmos SDK whose wire surface is served; clients read features off it. */
export const COSMOS_SDK_VERSION = 'v0.53.4'

/** Validators that CometBFT puts on one page at most. */
const VALIDATORS = 100

export interface TendermintServiceOptions {
  readonly versions: Versions
  readonly comet: Comet
  /** `app_name` of the chain. */
  readonly name: string
  readonly software: string
  readonly abciQuery: (request: ABCIQueryRequest) => ABCIQueryResponse | Promise<ABCIQueryResponse>
}

/** `cosmos.base.tendermint.v1beta1`: the node, blocks and validators, as CometBFT tells them. */
export function createTendermintService(options: TendermintServiceOptions): NodeService {
  const { comet, versions, abciQuery } = options
  const validators = (height: bigint | undefined, pagination: PageRequest | undefined) =>
    validatorSet(comet, height, pagination)
  return nodeService(ServiceDefinition, {
    getNodeInfo: () => nodeInfo(options),
    async getSyncing() {
      const sync = objectOf((await comet.status())['sync_info'], 'sync_info')
      return { syncing: sync['catching_up'] === true }
    },
    getLatestBlock: async () => blockResponse(await comet.block(0n)),
    async getBlockByHeight({ height }) {
      refuseHeight(height, versions)
      return blockResponse(await comet.block(height))
    },
    getLatestValidatorSet: ({ pagination }) => validators(undefined, pagination),
    async getValidatorSetByHeight({ height, pagination }) {
      refuseHeight(height, versions)
      return validators(height, pagination)
    },
    aBCIQuery: abciQuery,
  })
}

function refuseHeight(height: bigint, versions: Versions): void {
  if (height < 1n) throw sdk.invalidRequest(`height ${height} is below 1`)
  // CometBFT may be a block ahead of the state, never behind it.
  if (height > BigInt(versions.newest) + 1n) {
    throw sdk.invalidRequest('requested block height is bigger then the chain length')
  }
}

async function nodeInfo({ comet, name, software }: TendermintServiceOptions) {
  const info = objectOf((await comet.status())['node_info'], 'node_info')
  const protocol = objectOf(info['protocol_version'], 'protocol_version')
  const other = objectOf(info['other'], 'other')
  const text = (key: string) => textOf(info[key], key)
  return {
    defaultNodeInfo: {
      protocolVersion: {
        p2p: BigInt(textOf(protocol['p2p'], 'p2p')),
        block: BigInt(textOf(protocol['block'], 'block')),
        app: BigInt(textOf(protocol['app'], 'app')),
      },
      defaultNodeId: text('id'),
      listenAddr: text('listen_addr'),
      network: text('network'),
      version: text('version'),
      channels: fromHex(text('channels')),
      moniker: text('moniker'),
      other: {
        txIndex: textOf(other['tx_index'], 'tx_index'),
        rpcAddress: textOf(other['rpc_address'], 'rpc_address'),
      },
    },
    applicationVersion: {
      name,
      appName: name,
      version: software,
      gitCommit: '',
      buildTags: '',
      goVersion: '',
      // Relayers look here, too, for the release whose wire surface they meet.
      buildDeps: [{ path: 'github.com/cosmos/cosmos-sdk', version: COSMOS_SDK_VERSION, sum: '' }],
      cosmosSdkVersion: COSMOS_SDK_VERSION,
    },
  }
}

function blockResponse({ blockId, block }: CometBlock) {
  const { header, data, evidence, lastCommit } = block
  const proposerAddress = consensusAddress(header.proposerAddress)
  const sdkBlock: Block = { header: { ...header, proposerAddress }, data, evidence, lastCommit }
  return { blockId, block, sdkBlock }
}

/** As `wadivalcons1…`. */
function consensusAddress(bytes: Uint8Array): string {
  return encodeBech32(`${ADDRESS_PREFIX}valcons`, bytes)
}

async function validatorSet(comet: Comet, height: bigint | undefined, pagination: PageRequest | undefined) {
  let blockHeight = height
  const { rows, total } = await rowsOf(spanOf(pagination, VALIDATORS), async (page, perPage) => {
    const at = blockHeight === undefined ? {} : { height: `${blockHeight}` }
    const found = await comet.call('validators', { ...at, page: `${page}`, per_page: `${perPage}` })
    // A second page is one of the same height.
    blockHeight = BigInt(textOf(found['block_height'], 'block_height'))
    return {
      rows: listOf(found['validators']).map(validatorOf),
      total: BigInt(textOf(found['total'], 'total')),
    }
  })
  return {
    blockHeight: blockHeight ?? 0n,
    validators: [...rows],
    pagination: { nextKey: new Uint8Array(), total },
  }
}

function validatorOf(json: unknown) {
  const row = objectOf(json, 'validator')
  return {
    address: consensusAddress(fromHex(textOf(row['address'], 'address'))),
    pubKey: packConsensusKey(row['pub_key']),
    votingPower: BigInt(textOf(row['voting_power'], 'voting_power')),
    proposerPriority: BigInt(textOf(row['proposer_priority'], 'proposer_priority')),
  }
}

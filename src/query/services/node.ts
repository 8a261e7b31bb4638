import { ServiceDefinition } from '#gen/cosmos/base/node/v1beta1/query.ts'
import type { PruningSettings } from '../messages.ts'
import { type NodeHandlers, type NodeService, nodeService } from '../routes.ts'
import type { Versions } from '../versions.ts'
import type { Comet } from './comet.ts'

export interface NodeServiceOptions {
  readonly versions: Versions
  readonly comet: Comet
  /** As `0.025awadi`; empty for none. */
  readonly minGasPrices: string
  readonly pruning: PruningSettings
}

/** `cosmos.base.node.v1beta1`: settings and heights of this node. */
export function createNodeService(options: NodeServiceOptions): NodeService {
  const { versions, comet, minGasPrices, pruning } = options
  const handlers: NodeHandlers<typeof ServiceDefinition> = {
    config: () => ({
      minimumGasPrice: minGasPrices,
      pruningKeepRecent: `${pruning.keepRecent}`,
      pruningInterval: `${pruning.interval}`,
      haltHeight: 0n,
    }),
    async status() {
      const height = versions.resolve(0)
      const header = await comet.header(height)
      return {
        earliestStoreHeight: BigInt(versions.oldest),
        height: BigInt(height),
        timestamp: header.time,
        appHash: versions.read(height, ({ store }) => store.appHash),
        validatorHash: header.validatorsHash,
      }
    },
  }
  return nodeService(ServiceDefinition, handlers, ['config'])
}

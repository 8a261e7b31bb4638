import type { DevTools } from './dev.ts'
import type { SoloNode } from './node.ts'
import { blockMethods } from './rpc/block-methods.ts'
import type { RpcService } from './rpc/calls.ts'
import { devMethods } from './rpc/dev-methods.ts'
import type { Methods } from './rpc/method.ts'
import { nodeMethods } from './rpc/node-methods.ts'
import { txMethods } from './rpc/tx-methods.ts'

/** Everything the RPC of a solo node serves. */
export function soloService(
  node: SoloNode,
  dev: DevTools | undefined,
  onBug: (error: unknown) => void,
): RpcService {
  const tables = [nodeMethods, blockMethods, txMethods, dev === undefined ? {} : devMethods(dev)]
  const methods: Methods = new Map(tables.flatMap((table) => Object.entries(table)))
  return { node, methods, onBug }
}

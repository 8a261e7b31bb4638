import type { Allocator } from './allocator.ts'
import type { ControlBlock } from './control.ts'
import { WORDS } from './memory.ts'
import type { VersionWindow } from './version-window.ts'

/** The memory of all readable versions, and who holds one of them. */
export interface StoreUsage {
  /** Records of nodes in use, and their bytes. */
  readonly nodes: number
  readonly nodeBytes: number
  /** Bytes of keys and values that stand beside the nodes. */
  readonly dataBytes: number
  /** Bytes of shared memory taken from the system. */
  readonly reservedBytes: number
  /** Bytes that recent versions replaced and older ones still need. */
  readonly supersededBytes: number
  /** Versions that may be read. */
  readonly versions: number
  /** Readers that hold a version. */
  readonly pins: number
}

export function storeUsage(allocator: Allocator, control: ControlBlock, window: VersionWindow): StoreUsage {
  const { nodesInUse, blockBytesInUse, memory } = allocator
  const { nodes, slab } = memory.shared
  return {
    nodes: nodesInUse,
    nodeBytes: nodesInUse * WORDS * 4,
    dataBytes: blockBytesInUse,
    reservedBytes: nodes.byteLength + slab.byteLength,
    supersededBytes: window.supersededBytes,
    versions: control.latest === 0 ? 0 : control.latest - control.floor + 1,
    pins: control.pins().length,
  }
}

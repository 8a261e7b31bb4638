import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The bytes of a snapshot: one version as node records. Integers are little-endian.
 *
 * ```
 * file:  "WADISNP1", chunks: u32 kind, u32 length, u32 crc of the payload, payload
 * HEAD:  JSON { version, meta (hex), names, keys: number of keys per store }
 * NODES: records; none crosses a chunk. Per store its nodes in post-order, then u8 255
 *        leaf:  u8 0, u32 version, u16 key length, u32 value length, key, value
 *        inner: u8 height, u32 version, hash of the left child (32), hash of the right child (32)
 * FOOT:  JSON { appHash, roots, nodes }; a file without it is not complete
 * ```
 *
 * Children precede their parent, so links, sizes and split keys need not be written: loading is one pass that fills
 * records, without a comparison and without hashing more than the roots.
 */
export const SNAPSHOT_MAGIC = Buffer.from('WADISNP1', 'latin1')
export const CHUNK_HEADER_BYTES = 12
export const CHUNK_BYTES = 4 * 1024 * 1024
export const HEAD = 1
export const NODES = 2
export const FOOT = 3
export const STORE_END = 255
export const LEAF_HEADER_BYTES = 11
export const INNER_BYTES = 5 + 64

export interface SnapshotHead {
  readonly version: number
  readonly meta: string
  readonly names: readonly string[]
  readonly keys: readonly number[]
}

/** Hashes are hex. */
export interface SnapshotFoot {
  readonly appHash: string
  readonly roots: readonly string[]
  readonly nodes: number
}

export interface SnapshotFile {
  readonly file: string
  readonly version: number
}

export function snapshotFile(directory: string, version: number): string {
  return join(directory, `${String(version).padStart(12, '0')}.snapshot`)
}

/** The snapshots of a directory, newest first. */
export function listSnapshots(directory: string): SnapshotFile[] {
  if (!existsSync(directory)) return []
  const names = readdirSync(directory).filter((name) => /^\d{12}\.snapshot$/.test(name))
  const files = names.map((name) => ({ file: join(directory, name), version: Number(name.slice(0, 12)) }))
  return files.sort((a, b) => b.version - a.version)
}

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { META_BYTES } from './control.ts'
import { SnapshotDamagedError } from './errors.ts'

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
 * records, without a comparison and without hashing more than the roots, unless the file is not trusted.
 */
export const SNAPSHOT_MAGIC = Buffer.from('WADISNP1', 'latin1')
export const CHUNK_HEADER_BYTES = 12
export const CHUNK_BYTES = 4 * 1024 * 1024
/** Of a chunk that is read: one record with the longest key and value, and more. */
export const CHUNK_MAX = 2 ** 28
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

/** Node records keep versions as signed words. */
const VERSION_MAX = 2 ** 31 - 1
const isText = (value: unknown): value is string => typeof value === 'string'
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isHex = (value: unknown, bytes: number): value is string =>
  isText(value) && value.length <= bytes * 2 && /^(?:[0-9a-f]{2})*$/.test(value)

/** Reads a HEAD, of which nothing is trusted. Throws {@link SnapshotDamagedError}. */
export function parseHead(path: string, payload: Buffer): SnapshotHead {
  const { version, meta, names, keys } = parseJson(path, payload)
  if (!isCount(version) || version < 1 || version > VERSION_MAX) {
    const said = JSON.stringify(version)
    throw new SnapshotDamagedError(path, `its height is ${said}, not a whole number from 1 to ${VERSION_MAX}`)
  }
  if (!Array.isArray(names) || !names.every(isText) || !isHex(meta, META_BYTES))
    throw new SnapshotDamagedError(path, 'its head is garbage')
  if (!Array.isArray(keys) || !keys.every(isCount) || keys.length !== names.length)
    throw new SnapshotDamagedError(path, 'its head does not say how many keys each store has')
  return { version, meta, names, keys }
}

/** Reads a FOOT, of which nothing is trusted. Throws {@link SnapshotDamagedError}. */
export function parseFoot(path: string, payload: Buffer): SnapshotFoot {
  const { appHash, roots, nodes } = parseJson(path, payload)
  if (!isHex(appHash, 32) || !Array.isArray(roots) || !roots.every(isText) || !isCount(nodes))
    throw new SnapshotDamagedError(path, 'its foot is garbage')
  return { appHash, roots, nodes }
}

function parseJson(path: string, payload: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new SnapshotDamagedError(path, 'its head or foot is not JSON')
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

/**
 * The root digest of a set of files as OpenSSF Model Signing makes it with its method "files": SHA-256 of every file,
 * the files in the order of their names, then SHA-256 over the raw digests one after the other. On the chain this is
 * the scheme `DIGEST_SCHEME_OMS_FILES_V1`.
 *
 * Names are paths relative to the root of the set with `/` between folders, ordered by their UTF-8 bytes. (The Python
 * tool of OpenSSF orders folder by folder, which differs where a file's name begins with a folder's and goes on with a
 * character before the slash, as `model.bin` beside `model/`.)
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { clip, compareBytes, toHex, utf8, ValueError } from '#lib/bytes.ts'

/** A set of files that has no root digest. */
export class FileSetError extends ValueError {
  override readonly name = 'FileSetError'
}

/** One file of a set; its bytes are read once, in order, and never held as a whole. */
export interface FileSource {
  /** As `weights/model.safetensors`. */
  readonly name: string
  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** A SHA-256 under way. */
export interface IncrementalHash {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

/** The digest of one file. */
export interface FileDigest {
  readonly name: string
  /** Bytes. */
  readonly size: bigint
  /** 32 bytes. */
  readonly sha256: Uint8Array
}

/** The digest of a set of files. */
export interface FileSetDigest {
  /** 32 bytes: `content.root_digest` of a registration. */
  readonly root: Uint8Array
  /** Size of all files together, in bytes. */
  readonly sizeBytes: bigint
  /** In the order of their names. */
  readonly files: readonly FileDigest[]
}

export interface DigestOptions {
  /** Where a faster SHA-256 than the portable one is at hand. */
  readonly createHash?: () => IncrementalHash
  /** Called with the number of bytes read since the last call. */
  readonly onProgress?: (bytes: number) => void
}

/** Digests a set of files, one after the other. Throws {@link FileSetError} for an empty set or bad names. */
export async function digestFiles(
  sources: Iterable<FileSource> | AsyncIterable<FileSource>,
  options: DigestOptions = {},
): Promise<FileSetDigest> {
  const files: FileDigest[] = []
  for await (const source of sources) files.push(await digestFile(source, options))
  return fileSetDigest(files)
}

/** The digest of a set from those of its files, in any order. Throws {@link FileSetError}. */
export function fileSetDigest(digests: readonly FileDigest[]): FileSetDigest {
  if (digests.length === 0) throw new FileSetError('the set holds no files: there is nothing to digest')
  const keyed = digests.map((file) => ({ file, key: utf8(checkedName(file.name)) }))
  keyed.sort((a, b) => compareBytes(a.key, b.key))
  const files = keyed.map(({ file }) => file)
  for (const [i, { name }] of files.entries()) {
    if (i > 0 && files[i - 1]?.name === name) throw new FileSetError(`${clip(name)} stands twice in the set`)
  }
  const root = sha256.create()
  for (const file of files) root.update(file.sha256)
  return { root: root.digest(), sizeBytes: files.reduce((sum, { size }) => sum + size, 0n), files }
}

/** One line a file, as `sha256sum` prints them. */
export function digestLines({ files }: FileSetDigest): string[] {
  return files.map(({ name, sha256: digest }) => `${toHex(digest)}  ${name}`)
}

async function digestFile({ name, chunks }: FileSource, options: DigestOptions): Promise<FileDigest> {
  const hash = options.createHash?.() ?? sha256.create()
  let size = 0n
  for await (const chunk of chunks()) {
    hash.update(chunk)
    size += BigInt(chunk.length)
    options.onProgress?.(chunk.length)
  }
  return { name, size, sha256: hash.digest() }
}

function checkedName(name: string): string {
  const parts = name.split('/')
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..') && name.isWellFormed()) return name
  throw new FileSetError(
    `${clip(name)} is no name of a file in a set: take a relative path such as weights/model.bin`,
  )
}

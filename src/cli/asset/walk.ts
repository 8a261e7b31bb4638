import { closeSync, lstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { utf8Text } from '#lib/bytes.ts'

export type PathProblem =
  | 'not-found'
  | 'unreadable'
  | 'symlink-loop'
  | 'link-out-of-tree'
  | 'not-a-file'
  | 'changed'

/** A path that cannot be digested: which one, why, and what to do. */
export class PathError extends Error {
  override readonly name = 'PathError'
  readonly code: PathProblem
  readonly path: string

  constructor(code: PathProblem, path: string, problem: string, fix: string) {
    super(`${path}: ${problem}\n  - ${fix}`)
    this.code = code
    this.path = path
  }
}

/** A file of a set. */
export interface FoundFile {
  /** Relative to the root of the set, `/` between folders. */
  readonly name: string
  readonly path: string
  /** Bytes. */
  readonly size: number
}

export interface FoundFiles {
  readonly files: readonly FoundFile[]
  /** Names that were left out. */
  readonly ignored: readonly string[]
  /** Names that were to be left out, and that nothing has. */
  readonly unmatched: readonly string[]
}

/**
 * Left out at the root of a set, as OpenSSF Model Signing does: what belongs to git, and the signature itself, which
 * cannot be a part of what it signs.
 */
export const IGNORED: readonly string[] = ['.git', '.gitattributes', '.github', '.gitignore', 'model.sig']

/**
 * All files under a folder, or the one file. A symbolic link counts as what it points to, as long as that lies within
 * the folder. `ignore` are further names, relative to the root, to leave out. Throws {@link PathError}.
 */
export function walkFiles(root: string, ignore: readonly string[] = []): FoundFiles {
  const start = resolve(root)
  const real = at(start, () => realpathSync(start))
  const info = at(start, () => statSync(start))
  const asked = ignore.map((name) => name.replace(/^\.\//, '').replace(/\/$/, ''))
  if (info.isFile())
    return { files: [{ name: 'file', path: start, size: info.size }], ignored: [], unmatched: asked }
  if (!info.isDirectory()) throw notAFile(start, 'name a folder or a file')
  const { files, ignored } = walked(start, real, asked)
  // What lies in a folder that is left out is left out with it.
  const isOut = (name: string) => ignored.some((out) => name === out || name.startsWith(`${out}/`))
  return { files, ignored, unmatched: asked.filter((name) => !isOut(name)) }
}

function walked(start: string, real: string, ignore: readonly string[]): Walk {
  const walk = new Walk(real, [...IGNORED, ...ignore])
  walk.folder(start, '', [])
  return walk
}

class Walk {
  readonly files: FoundFile[] = []
  readonly ignored: string[] = []
  readonly #root: string
  readonly #ignore: ReadonlySet<string>

  constructor(root: string, ignore: readonly string[]) {
    this.#root = root
    this.#ignore = new Set(ignore)
  }

  /** `above` are the real paths of the folders on the way here. */
  folder(path: string, prefix: string, above: readonly string[]): void {
    const real = at(path, () => realpathSync(path))
    if (above.includes(real)) {
      throw new PathError('symlink-loop', path, `is a link to a folder above it (${real})`, 'remove the link')
    }
    for (const raw of at(path, () => readdirSync(path, { encoding: 'buffer' }))) {
      const file = at(path, () => utf8Text(raw))
      const name = prefix + file
      if (this.#ignore.has(name)) this.ignored.push(name)
      else this.#entry(join(path, file), name, [...above, real])
    }
  }

  #entry(path: string, name: string, above: readonly string[]): void {
    if (at(path, () => lstatSync(path)).isSymbolicLink()) this.#checkLink(path)
    const info = at(path, () => statSync(path))
    if (info.isDirectory()) this.folder(path, `${name}/`, above)
    else if (info.isFile()) this.files.push({ name, path, size: info.size })
    else throw notAFile(path, 'remove it, or leave it out with --ignore')
  }

  #checkLink(path: string): void {
    const target = at(path, () => realpathSync(path))
    if (target === this.#root || target.startsWith(this.#root + sep)) return
    throw new PathError(
      'link-out-of-tree',
      path,
      `is a link out of the folder, to ${target}`,
      'copy the folder with its links resolved (cp -rL), and take the copy',
    )
  }
}

function notAFile(path: string, fix: string): PathError {
  return new PathError('not-a-file', path, 'is neither a file nor a folder', fix)
}

const CHUNK_BYTES = 1 << 20

/** The bytes of a file, read in pieces; the same buffer every time. Throws {@link PathError}. */
export function* readChunks(file: FoundFile): Generator<Uint8Array, void, undefined> {
  const handle = at(file.path, () => openSync(file.path, 'r'))
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(file.size, 1)))
  let total = 0
  try {
    for (;;) {
      const length = at(file.path, () => readSync(handle, buffer))
      if (length === 0) break
      total += length
      yield buffer.subarray(0, length)
    }
  } finally {
    closeSync(handle)
  }
  if (total !== file.size) {
    throw new PathError(
      'changed',
      file.path,
      `changed while it was read: ${file.size} bytes, then ${total}`,
      'try again',
    )
  }
}

/** Calls the file system; what it refuses becomes a {@link PathError}. */
function at<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    switch (code) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw new PathError(
          'not-found',
          path,
          'does not exist, or is a link to nothing',
          'look whether the path is right',
        )
      case 'ELOOP':
        throw new PathError('symlink-loop', path, 'is a link that leads back to itself', 'remove the link')
      case 'EACCES':
      case 'EPERM':
        throw new PathError(
          'unreadable',
          path,
          'may not be read',
          'give yourself the right to read it (chmod u+r)',
        )
      default:
        throw new PathError(
          'unreadable',
          path,
          `cannot be read: ${message}`,
          'look at the disk and at the name',
        )
    }
  }
}

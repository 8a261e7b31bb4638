import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { HistoryDamagedError, HistoryError } from './errors.ts'
import {
  decodeNode,
  decodeVersion,
  encodeVersion,
  firstNodeKey,
  HISTORY_FORMAT,
  type HistoryNode,
  type HistoryVersion,
  keyVersion,
  type NodeRef,
  nodeKey,
  versionKey,
} from './history-format.ts'
import { syncDirectory } from './log-files.ts'
import { simpleRoot } from './simple-merkle.ts'

/** One entry to write, or to remove where `value` is undefined. */
export interface HistoryEntry {
  readonly key: Buffer
  readonly value: Buffer | undefined
}

/** Heights without a gap, both included. */
export interface HeightRange {
  readonly first: number
  readonly last: number
}

/** Ranges that are told at most; older ones are left out. */
const RANGES_MAX = 32
/** Damaged records that are passed over to find the end of a range. */
const DAMAGED_MAX = 100
/** Of blocks that were read lately, in bytes. */
const CACHE_BYTES = 64 * 1024 * 1024
const WRITE_BUFFER_BYTES = 16 * 1024 * 1024
/** Of one file of the database: an archive of 100 GB is 3,000 of them. */
const FILE_BYTES = 32 * 1024 * 1024
const VERSION_MAX = 0xffffffff
/** Of a u32: the version with which a history that has none yet is to begin. */
const BEGIN_KEY = versionKey(0)

/**
 * The database of old versions: what a version is made of, by the names that nodes have in their parents. Reading is
 * synchronous. Several threads of one process may have it open, one of them to write.
 */
export class HistoryDatabase {
  readonly directory: string
  readonly names: readonly string[]
  private readonly level: Level<Buffer, Buffer>

  private constructor(directory: string, names: readonly string[], level: Level<Buffer, Buffer>) {
    this.directory = directory
    this.names = names
    this.level = level
  }

  /** Opens the database, or makes it. Throws {@link HistoryError}. */
  static async open(directory: string, names: readonly string[]): Promise<HistoryDatabase> {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    checkFormat(directory, names)
    const level = new Level<Buffer, Buffer>(join(directory, 'db'), {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      multithreading: true,
      cacheSize: CACHE_BYTES,
      writeBufferSize: WRITE_BUFFER_BYTES,
      maxFileSize: FILE_BYTES,
    })
    try {
      await level.open()
    } catch (error) {
      const cause = (error as Error).cause as (Error & { code?: string }) | undefined
      const reason =
        cause?.code === 'LEVEL_LOCKED'
          ? 'another process uses it: stop that one'
          : `it cannot be opened (${cause?.message ?? (error as Error).message}): restore the folder from a ` +
            'backup, or remove it, and history begins anew at the current height'
      throw new HistoryError(directory, reason, { cause: error })
    }
    return new HistoryDatabase(directory, names, level)
  }

  /** Whether a folder holds a history. */
  static exists(directory: string): boolean {
    return existsSync(join(directory, 'FORMAT'))
  }

  /** The version, if it is kept. Throws {@link HistoryDamagedError}. */
  version(version: number): HistoryVersion | undefined {
    const found = this.stored(version)
    return found?.leaving === true ? undefined : found
  }

  /** The version, be it leaving. Throws {@link HistoryDamagedError}. */
  stored(version: number): HistoryVersion | undefined {
    if (!(Number.isInteger(version) && version > 0 && version <= VERSION_MAX)) return undefined
    const bytes = this.level.getSync(versionKey(version))
    if (bytes === undefined) return undefined
    const found = decodeVersion(version, bytes, this.names.length)
    const roots = found?.roots.map(({ hash: root }, slot) => ({ name: this.names[slot] as string, root }))
    if (found === undefined || roots === undefined || simpleRoot(roots) !== found.appHash)
      throw new HistoryDamagedError(this.directory, version, 'its record does not give its app hash')
    return found
  }

  /** As {@link stored}, for those to whom a damaged record is one of the things that may be there. */
  inspect(version: number): HistoryVersion | 'damaged' | undefined {
    try {
      return this.stored(version)
    } catch (error) {
      if (error instanceof HistoryDamagedError) return 'damaged'
      throw error
    }
  }

  /** The node of a store; undefined if it is not there. Throws {@link HistoryDamagedError} for another in its place. */
  node(slot: number, ref: NodeRef): HistoryNode | undefined {
    const bytes = this.level.getSync(nodeKey(slot, ref))
    if (bytes === undefined) return undefined
    const node = decodeNode(bytes, ref)
    if (node !== undefined) return node
    throw new HistoryDamagedError(
      this.directory,
      ref.version,
      `a record of ${this.names[slot]} is not what was written`,
    )
  }

  has(slot: number, ref: NodeRef): boolean {
    return this.level.getSync(nodeKey(slot, ref)) !== undefined
  }

  /** The last version that is kept; 0 if there is none. */
  async last(): Promise<number> {
    const versions = { gte: versionKey(1), lte: versionKey(VERSION_MAX), reverse: true, limit: 1 }
    const [key] = await this.level.keys(versions).all()
    return key === undefined ? 0 : keyVersion(key)
  }

  /** The versions above `after`, oldest first, at most `limit`, and whether the checksum of each is right. */
  async survey(after: number, limit: number): Promise<{ version: number; isIntact: boolean }[]> {
    const range = { gt: versionKey(after), lte: versionKey(VERSION_MAX), limit }
    const entries = await this.level.iterator(range).all()
    return entries.map(([key, bytes]) => {
      const version = keyVersion(key)
      return { version, isIntact: decodeVersion(version, bytes, this.names.length) !== undefined }
    })
  }

  /** The oldest versions, at most `limit`, those that are leaving included. */
  async oldest(limit: number): Promise<number[]> {
    const keys = await this.level.keys({ gte: versionKey(1), lte: versionKey(VERSION_MAX), limit }).all()
    return keys.map(keyVersion)
  }

  /** The keys of all nodes, hexadecimal: for tests, which look whether nothing is left over. */
  async nodeKeys(): Promise<string[]> {
    const keys = await this.level.keys({ gte: firstNodeKey(0) }).all()
    return keys.map((key) => key.toString('hex'))
  }

  /**
   * The heights that are kept, newest range first, given the last of them. A damaged record at an end of a range is
   * left out; one inside of it from the next start on, when {@link HistoryCheck} has found it.
   */
  ranges(last: number): HeightRange[] {
    const found: HeightRange[] = []
    for (let end = this.newestIntact(last); end !== undefined && found.length < RANGES_MAX; ) {
      const { version, run, before } = end
      found.push({ first: this.oldestBetween(run, version), last: version })
      end = this.newestIntact(before)
    }
    return found
  }

  /** The version that is kept, or where its record is damaged the next one below whose record is not. */
  private newestIntact(from: number): HistoryVersion | undefined {
    for (let version = from; version > from - DAMAGED_MAX; version--) {
      const found = this.inspect(version)
      if (found !== 'damaged') return found?.leaving === true ? undefined : found
    }
    return undefined
  }

  // Versions go oldest first, so that what is left of a run reaches up to its end.
  private oldestBetween(first: number, last: number): number {
    let [low, high] = [first, last]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const found = this.inspect(middle)
      // Where a record is damaged there is one: that is what is searched for here.
      if (found === undefined || (found !== 'damaged' && found.leaving)) low = middle + 1
      else high = middle
    }
    while (low < last && this.inspect(low) === 'damaged') low++
    return low
  }

  /** Where a history that has no version yet is to begin; 0 if that is not decided. */
  get begin(): number {
    const bytes = this.level.getSync(BEGIN_KEY)
    return bytes === undefined ? 0 : keyVersion(bytes)
  }

  /** Notes where the history will begin, durably. */
  async setBegin(version: number): Promise<void> {
    await this.write([{ key: BEGIN_KEY, value: versionKey(version) }], true)
  }

  /** Writes a version once more, so that it and all before it are on the disk when it resolves. */
  async sync(version: HistoryVersion): Promise<void> {
    await this.write([{ key: versionKey(version.version), value: encodeVersion(version) }], true)
  }

  /** Writes all entries or none; with `sync` they are on the disk when it resolves. Throws {@link HistoryError}. */
  async write(entries: readonly HistoryEntry[], sync: boolean): Promise<void> {
    const operations = entries.map(({ key, value }) =>
      value === undefined ? ({ type: 'del', key } as const) : ({ type: 'put', key, value } as const),
    )
    await this.changing(() => this.level.batch(operations, { sync }))
  }

  /**
   * Removes every version above `version`, with what it added. LevelDB removes a range in many small writes: from its
   * end, so that a kill leaves all heights up to one of them, which the log continues, and never a hole.
   */
  async removeAbove(version: number): Promise<void> {
    const above = { gt: versionKey(version), lte: versionKey(VERSION_MAX), reverse: true }
    await this.changing(() => this.level.clear(above))
    await this.changing(() => this.level.clear({ gte: firstNodeKey(version + 1) }))
    if (this.begin > version) await this.write([{ key: BEGIN_KEY, value: undefined }], true)
  }

  /** Gives the room of what was removed back to the disk. */
  async compact(): Promise<void> {
    // Of LevelDB alone; the types of `level` tell what it has in a browser too.
    const level = this.level as unknown as { compactRange(start: Buffer, end: Buffer): Promise<void> }
    await this.changing(() => level.compactRange(BEGIN_KEY, firstNodeKey(VERSION_MAX)))
  }

  async close(): Promise<void> {
    await this.level.close()
  }

  private async changing(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const cause = (error as Error).cause as Error | undefined
      const reason =
        cause === undefined ? (error as Error).message : `${(error as Error).message}: ${cause.message}`
      const full = /no space/i.test(reason) ? 'free space on this disk' : 'repair the disk or its permissions'
      throw new HistoryError(
        this.directory,
        `it cannot be written (${reason}): ${full} and start again; nothing is lost, the heights that are missing ` +
          'are taken from the log',
        { cause: error },
      )
    }
  }
}

function checkFormat(directory: string, names: readonly string[]): void {
  const file = join(directory, 'FORMAT')
  const expected = `wadi-history ${HISTORY_FORMAT}\n${names.join()}\n`
  if (!existsSync(file)) {
    writeFileSync(file, expected, { mode: 0o600, flush: true })
    syncDirectory(directory)
    return
  }
  const text = readFileSync(file, 'utf8')
  if (text === expected) return
  const [head = '', stores = ''] = text.split('\n')
  const format = /^wadi-history (\d+)$/.exec(head)?.[1]
  if (format === undefined) {
    throw new HistoryError(
      directory,
      `its FORMAT file says ${JSON.stringify(head)}, not wadi-history: remove the folder`,
    )
  }
  const reason =
    Number(format) !== HISTORY_FORMAT
      ? `it has format ${format}, this program reads format ${HISTORY_FORMAT}: use the release that wrote it`
      : `it holds the stores ${stores}; this program has ${names.join()}: use the release that wrote it`
  throw new HistoryError(directory, `${reason}, or remove the folder, and history begins anew`)
}

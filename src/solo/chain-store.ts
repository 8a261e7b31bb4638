import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Event, ExecTxResult, ResponseFinalizeBlock } from '#gen/tendermint/abci/types.ts'
import { ConsensusParams } from '#gen/tendermint/types/params.ts'
import { type BlockID, Commit, Header } from '#gen/tendermint/types/types.ts'
import { SoloError } from './errors.ts'
import { SCHEMA, STORE_FORMAT } from './schema.ts'

// Loaded where a chain is opened: the commands that only mention solo mode do without a database.
const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite')

/** A block without its transactions. */
export interface BlockMeta {
  readonly height: number
  readonly id: BlockID
  /** Bytes of the encoded block. */
  readonly size: number
  readonly txCount: number
  readonly header: Header
  readonly lastCommit: Commit
  /** The commit of this block, as it was signed when the block was made. */
  readonly seenCommit: Commit
}

export interface StoredTx {
  readonly height: number
  readonly index: number
  readonly hash: Uint8Array
  readonly tx: Uint8Array
  readonly result: ExecTxResult
}

/** What executing a block gave, without the results of its transactions. */
export type BlockOutcome = Omit<ResponseFinalizeBlock, 'txResults'>

/** A block with all that belongs to it, as one transaction of the database. */
export interface BlockRecord extends BlockMeta {
  readonly txs: readonly Omit<StoredTx, 'height' | 'index'>[]
  readonly outcome: BlockOutcome
  /** Goes into the next header. */
  readonly resultsHash: Uint8Array
  /** In force from the next block on; undefined where they are those of this one. */
  readonly nextParams?: ConsensusParams | undefined
  /** What `dev_*` methods put at the beginning of the block, as JSON; empty for none. */
  readonly actions: string
}

/** Blocks, results and indexes of a solo chain. All calls are synchronous; what `append` was given is on the disk. */
export class ChainStore {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #height: number

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#height = Number(this.row('SELECT max(height) AS height FROM block')?.['height'] ?? 0)
  }

  /** Opens the database in a folder, or makes one; throws {@link SoloError} where it is of another format. */
  static open(folder: string): ChainStore {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, 'chain.sqlite')
    const fresh = !existsSync(file)
    const db = new Database(file)
    if (fresh) chmodSync(file, 0o600)
    // One sync a block: the write-ahead log is synced at every commit.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA locking_mode = EXCLUSIVE')
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version === 0) db.exec(`BEGIN; ${SCHEMA}; PRAGMA user_version = ${STORE_FORMAT}; COMMIT`)
    else if (version !== STORE_FORMAT) {
      db.close()
      throw new SoloError(`${file} has format ${version}, this program reads ${STORE_FORMAT}`, [
        'use the release that wrote it, or start the chain over with --reset',
      ])
    }
    return new ChainStore(db)
  }

  /** Height of the last block; 0 before the first. */
  get height(): number {
    return this.#height
  }

  append(block: BlockRecord): void {
    this.#transaction(() => {
      this.#insertBlock(block)
      block.txs.forEach((tx, index) => {
        const result = ExecTxResult.encode(tx.result).finish()
        this.run('INSERT INTO tx VALUES (?, ?, ?, ?, ?)', block.height, index, tx.hash, tx.tx, result)
      })
      let sequence = this.#indexEvents(block.outcome.events, block.height, -1, 0)
      block.txs.forEach(({ result }, index) => {
        sequence = this.#indexEvents(result.events, block.height, index, sequence)
      })
      if (block.nextParams !== undefined) this.setParams(block.height + 1, block.nextParams)
    })
    this.#height = block.height
  }

  #insertBlock(block: BlockRecord): void {
    const { height, id, size, header, lastCommit, seenCommit, outcome, resultsHash, actions } = block
    this.run(
      'INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      height,
      id.hash,
      id.partSetHeader?.total ?? 0,
      id.partSetHeader?.hash ?? new Uint8Array(),
      size,
      block.txs.length,
      Header.encode(header).finish(),
      Commit.encode(lastCommit).finish(),
      Commit.encode(seenCommit).finish(),
      ResponseFinalizeBlock.encode({ ...outcome, txResults: [] }).finish(),
      resultsHash,
      actions,
    )
  }

  /** One row an indexed attribute; the sequence tells which of them are of one event. */
  #indexEvents(events: readonly Event[], height: number, index: number, from: number): number {
    let sequence = from
    for (const { type, attributes } of events) {
      sequence++
      for (const attribute of attributes) {
        if (!attribute.index || type === '' || attribute.key === '') continue
        const tag = `${type}.${attribute.key}`
        this.run(
          'INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?)',
          tag,
          attribute.value,
          height,
          index,
          sequence,
        )
      }
    }
    return sequence
  }

  meta(height: number): BlockMeta | undefined {
    return metaOf(this.row('SELECT * FROM block WHERE height = ?', height))
  }

  heightOf(hash: Uint8Array): number | undefined {
    return this.row('SELECT height FROM block WHERE hash = ?', hash)?.['height'] as number | undefined
  }

  outcome(height: number): BlockOutcome | undefined {
    const row = this.row('SELECT outcome FROM block WHERE height = ?', height)
    return row === undefined ? undefined : ResponseFinalizeBlock.decode(row['outcome'] as Uint8Array)
  }

  resultsHash(height: number): Uint8Array | undefined {
    return this.row('SELECT results_hash FROM block WHERE height = ?', height)?.['results_hash'] as
      | Uint8Array
      | undefined
  }

  actions(height: number): string {
    return String(this.row('SELECT actions FROM block WHERE height = ?', height)?.['actions'] ?? '')
  }

  /** The transactions of a block in their order. */
  txsOf(height: number): Uint8Array[] {
    return this.rows('SELECT tx FROM tx WHERE height = ? ORDER BY idx', height).map(
      (row) => row['tx'] as Uint8Array,
    )
  }

  resultsOf(height: number): ExecTxResult[] {
    const rows = this.rows('SELECT result FROM tx WHERE height = ? ORDER BY idx', height)
    return rows.map((row) => ExecTxResult.decode(row['result'] as Uint8Array))
  }

  /** The transaction of that hash; the last one where a failed one came again. */
  txByHash(hash: Uint8Array): StoredTx | undefined {
    return txOf(this.row('SELECT * FROM tx WHERE hash = ? ORDER BY height DESC, idx DESC LIMIT 1', hash))
  }

  txAt(height: number, index: number): StoredTx | undefined {
    return txOf(this.row('SELECT * FROM tx WHERE height = ? AND idx = ?', height, index))
  }

  /** The consensus parameters in force at a height. */
  params(height: number): ConsensusParams | undefined {
    const row = this.row('SELECT params FROM params WHERE height <= ? ORDER BY height DESC LIMIT 1', height)
    return row === undefined ? undefined : ConsensusParams.decode(row['params'] as Uint8Array)
  }

  setParams(height: number, params: ConsensusParams): void {
    this.run('INSERT OR REPLACE INTO params VALUES (?, ?)', height, ConsensusParams.encode(params).finish())
  }

  /** A value the node keeps beside the blocks. */
  setting(name: string): string | undefined {
    return this.row('SELECT value FROM setting WHERE name = ?', name)?.['value'] as string | undefined
  }

  /** Writes settings together; undefined removes one. */
  set(settings: Readonly<Record<string, string | undefined>>): void {
    this.#transaction(() => {
      for (const [name, value] of Object.entries(settings)) {
        if (value === undefined) this.run('DELETE FROM setting WHERE name = ?', name)
        else this.run('INSERT OR REPLACE INTO setting VALUES (?, ?)', name, value)
      }
    })
  }

  /** Forgets every block above a height. */
  rollback(height: number): void {
    this.#transaction(() => {
      for (const table of ['block', 'tx', 'event']) this.run(`DELETE FROM ${table} WHERE height > ?`, height)
      this.run('DELETE FROM params WHERE height > ?', height + 1)
    })
    this.#height = height
  }

  close(): void {
    this.#statements.clear()
    this.#db.close()
  }

  row(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#prepare(sql).get(...values)
  }

  rows(sql: string, ...values: readonly Value[]): Row[] {
    return this.#prepare(sql).all(...values)
  }

  each(sql: string, ...values: readonly Value[]): Iterable<Row> {
    return this.#prepare(sql).iterate(...values)
  }

  run(sql: string, ...values: readonly Value[]): void {
    this.#prepare(sql).run(...values)
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }
}

type Value = string | number | Uint8Array
type Row = Record<string, unknown>

function metaOf(row: Row | undefined): BlockMeta | undefined {
  if (row === undefined) return undefined
  const partSetHeader = { total: row['parts_total'] as number, hash: row['parts_hash'] as Uint8Array }
  return {
    height: row['height'] as number,
    id: { hash: row['hash'] as Uint8Array, partSetHeader },
    size: row['size'] as number,
    txCount: row['num_txs'] as number,
    header: Header.decode(row['header'] as Uint8Array),
    lastCommit: Commit.decode(row['last_commit'] as Uint8Array),
    seenCommit: Commit.decode(row['seen_commit'] as Uint8Array),
  }
}

function txOf(row: Row | undefined): StoredTx | undefined {
  if (row === undefined) return undefined
  return {
    height: row['height'] as number,
    index: row['idx'] as number,
    hash: row['hash'] as Uint8Array,
    tx: row['tx'] as Uint8Array,
    result: ExecTxResult.decode(row['result'] as Uint8Array),
  }
}

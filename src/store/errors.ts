/**
 * What can go wrong with the committed state, by kind. None of these is an application error: they stop the node
 * (or the one query that met them), and each says where, what was found, and what to do.
 */

/** The version a reader pinned is no longer kept: either too old, or the pin outlived its time and was broken. */
export class VersionPrunedError extends Error {
  override readonly name = 'VersionPrunedError'
  readonly version: number

  constructor(version: number) {
    super(`height ${version} is pruned: query a newer height, or a node that keeps more history`)
    this.version = version
  }
}

/** A key, a value or the whole state outgrew a limit of the store. */
export class StoreLimitError extends Error {
  override readonly name = 'StoreLimitError'
}

/** A write to the change-set log failed. The version is not committed; the node must halt and may be restarted. */
export class LogWriteError extends Error {
  override readonly name = 'LogWriteError'
  readonly file: string
  /** The operating system's code, such as `ENOSPC`, if it gave one. */
  readonly code: string | undefined

  constructor(file: string, action: string, cause: unknown) {
    const code = (cause as { code?: string } | undefined)?.code
    const fix = code === 'ENOSPC' ? 'free space on this disk' : 'repair the disk or its permissions'
    super(
      `cannot ${action} ${file}: ${cause instanceof Error ? cause.message : String(cause)}; ` +
        `nothing of this block was committed: ${fix} and start the node again`,
      { cause },
    )
    this.file = file
    this.code = code
  }
}

/** The log is damaged before its last record, so what follows cannot be trusted. */
export class LogDamagedError extends Error {
  override readonly name = 'LogDamagedError'
  readonly file: string
  readonly offset: number

  constructor(file: string, offset: number, reason: string) {
    super(
      `${file} is damaged at byte ${offset}: ${reason}; records after it cannot be trusted: ` +
        'restore the data folder from a backup or a snapshot, or empty it and let the node sync again',
    )
    this.file = file
    this.offset = offset
  }
}

/** A snapshot file cannot be used. */
export class SnapshotDamagedError extends Error {
  override readonly name = 'SnapshotDamagedError'
  readonly file: string

  constructor(file: string, reason: string) {
    super(`snapshot ${file} cannot be used: ${reason}`)
    this.file = file
  }
}

/** The data folder cannot be opened: locked by another process, of another chain layout or of a newer format. */
export class StorageOpenError extends Error {
  override readonly name = 'StorageOpenError'
  readonly directory: string

  constructor(directory: string, reason: string, options?: ErrorOptions) {
    super(`cannot open the data folder ${directory}: ${reason}`, options)
    this.directory = directory
  }
}

/** The history of old heights cannot be kept or opened. The chain's state itself is untouched. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError'
  readonly directory: string
  readonly reason: string

  constructor(directory: string, reason: string, options?: ErrorOptions) {
    super(`history in ${directory}: ${reason}`, options)
    this.directory = directory
    this.reason = reason
  }
}

/** A record of the history is missing or not what it has to be; the answer that needed it is not given. */
export class HistoryDamagedError extends Error {
  override readonly name = 'HistoryDamagedError'
  readonly directory: string
  readonly reason: string
  readonly version: number

  constructor(directory: string, version: number, what: string) {
    const reason =
      `it is damaged at height ${version}: ${what}: restore the folder from a backup, or remove it while the node ` +
      'is stopped, and history begins anew'
    super(`history in ${directory}: ${reason}`)
    this.directory = directory
    this.reason = reason
    this.version = version
  }
}

/** One reading at an old height touched more of the history than it may. */
export class HistoryBudgetError extends Error {
  override readonly name = 'HistoryBudgetError'

  constructor(nodes: number) {
    super(
      `reading this at an old height takes more than ${nodes} records of the history: ask for fewer rows, ` +
        'or at a recent height',
    )
  }
}

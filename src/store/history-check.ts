import type { HeightRange, HistoryDatabase } from './history-database.ts'
import { encodeVersion, versionKey } from './history-format.ts'

/** Versions that are looked at between two that are written: some 10 ms. */
const SLICE_VERSIONS = 10_000

/**
 * Looks once through the names of all versions, a slice at a time, whether heights are missing that the history takes
 * for kept. A version names where its run begins and what is before that run, and only the last version of a run is
 * asked; so a hole becomes a gap like any other when that one version is corrected.
 */
export class HistoryCheck {
  /** What was missing and is now known as a gap, oldest first. */
  readonly holes: HeightRange[] = []
  private readonly db: HistoryDatabase
  private readonly slice: number
  /** The run that is looked at, and the last version before it; 0 for the oldest, before which all was pruned. */
  private first = 0
  private last = 0
  private before = 0

  constructor(db: HistoryDatabase, slice: number = SLICE_VERSIONS) {
    this.db = db
    this.slice = slice
  }

  /** Looks at the next slice; whether it was the last one. Nothing may be written meanwhile. */
  async step(): Promise<boolean> {
    const versions = await this.db.oldest(this.slice, this.last)
    for (const version of versions) {
      if (version !== this.last + 1) {
        await this.endRun()
        this.before = this.last
        this.first = version
      }
      this.last = version
    }
    if (versions.length === this.slice) return false
    await this.endRun()
    return true
  }

  private async endRun(): Promise<void> {
    if (this.before === 0) return
    const end = this.db.stored(this.last)
    if (end === undefined || (end.run === this.first && end.before === this.before)) return
    const corrected = encodeVersion({ ...end, run: this.first, before: this.before })
    await this.db.write([{ key: versionKey(this.last), value: corrected }], false)
    this.holes.push({ first: this.before + 1, last: this.first - 1 })
  }
}

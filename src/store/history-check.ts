import type { HeightRange, HistoryDatabase } from './history-database.ts'
import { encodeVersion, versionKey } from './history-format.ts'

/** Versions that are looked at between two that are written: some 12 ms. */
const SLICE_VERSIONS = 2_000

/**
 * Looks once through the records of all versions, a slice at a time, whether one is missing or damaged that the history
 * takes for kept. A version names where its run begins and what is before that run, and only the last version of a run
 * is asked; so a hole becomes a gap like any other when that one version is corrected.
 */
export class HistoryCheck {
  /** What was missing or damaged and is now known as a gap, oldest first. */
  readonly holes: HeightRange[] = []
  private readonly db: HistoryDatabase
  private readonly slice: number
  /** The run that is looked at, and the last version before it; 0 for the oldest, before which all was pruned. */
  private first = 0
  private last = 0
  private before = 0
  private seen = 0

  constructor(db: HistoryDatabase, slice: number = SLICE_VERSIONS) {
    this.db = db
    this.slice = slice
  }

  /** Looks at the next slice; whether it was the last one. Nothing may be written meanwhile. */
  async step(): Promise<boolean> {
    const found = await this.db.survey(this.seen, this.slice)
    for (const { version, isIntact } of found) {
      this.seen = version
      if (!isIntact) {
        // Before the oldest run nothing can be corrected: it is found at every start, until it is pruned.
        if (this.last === 0) this.found(version, version)
        continue
      }
      if (version !== this.last + 1) {
        await this.endRun()
        this.before = this.last
        this.first = version
      }
      this.last = version
    }
    if (found.length === this.slice) return false
    await this.endRun()
    return true
  }

  private async endRun(): Promise<void> {
    if (this.before === 0) return
    const end = this.db.inspect(this.last)
    if (end === undefined || end === 'damaged' || (end.run === this.first && end.before === this.before))
      return
    const corrected = encodeVersion({ ...end, run: this.first, before: this.before })
    await this.db.write([{ key: versionKey(this.last), value: corrected }], false)
    this.found(this.before + 1, this.first - 1)
  }

  private found(first: number, last: number): void {
    const previous = this.holes.at(-1)
    if (previous?.last === first - 1) this.holes[this.holes.length - 1] = { first: previous.first, last }
    else this.holes.push({ first, last })
  }
}

/** What decides whether a node is of use to those who ask it. */
export interface Vitals {
  /** The state is open. */
  readonly open: boolean
  /** Why the application halted, if it did. */
  readonly halted: string | undefined
  readonly queryWorker: boolean
  /** Connections of CometBFT. */
  readonly connections: number
  readonly height: number
  /** Seconds since a block was committed, or since the start while there was none. */
  readonly idleSeconds: number
  /** Seconds between the time of the last block and this clock; undefined before the first since the start. */
  readonly behindSeconds: number | undefined
}

/** Reasons why a node is not healthy, in plain words; none when it is. */
export function complaints(vitals: Vitals, maxBlockAgeSeconds: number): readonly string[] {
  const { open, halted, queryWorker, connections, idleSeconds, behindSeconds } = vitals
  if (halted !== undefined) return [`halted: ${halted}`]
  if (!open) return ['starting: the state is being opened']
  const found: string[] = []
  if (connections === 0) found.push('CometBFT is away: it has no connection to the application')
  if (!queryWorker) found.push('queries are not answered: the query worker starts')
  if (idleSeconds > maxBlockAgeSeconds) {
    found.push(`stalled: no block was committed for ${Math.round(idleSeconds)} s`)
  } else if (behindSeconds !== undefined && behindSeconds - idleSeconds > maxBlockAgeSeconds) {
    // It was as old when it was committed, so the node catches up.
    found.push(`behind: the last block is ${Math.round(behindSeconds)} s old, and blocks come in`)
  }
  return found
}

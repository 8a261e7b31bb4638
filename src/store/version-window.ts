import type { Allocator } from './allocator.ts'
import type { ControlBlock } from './control.ts'
import { freeSuperseded, type Superseded } from './journal.ts'

export interface WindowLimits {
  /** Versions that stay readable, the latest included. */
  readonly versions: number
  /** Bytes of replaced nodes and values beyond which fewer versions are kept. */
  readonly bytes: number
  /** Versions that stay readable whatever they cost. */
  readonly minimum: number
  /** A clock in milliseconds, for the time limit of pins. */
  readonly now: () => number
}

/** How far the history may be behind before versions that it needs go: its writer then says so, and the node halts. */
export const HISTORY_BACKLOG = { versions: 1_000, bytes: 2 * 1024 ** 3 } as const

/** Keeps what recent versions replaced, and frees it when nobody can read it any more. */
export class VersionWindow {
  private readonly control: ControlBlock
  private readonly allocator: Allocator
  private readonly limits: WindowLimits
  // Oldest version first.
  private history: Superseded[] = []
  private bytes = 0
  // When each pin was first seen, by its token.
  private readonly pinsSeen = new Map<number, number>()

  constructor(control: ControlBlock, allocator: Allocator, limits: WindowLimits) {
    this.control = control
    this.allocator = allocator
    this.limits = limits
  }

  /** Bytes of what was replaced and is kept. */
  get supersededBytes(): number {
    return this.bytes
  }

  /** Takes what the latest version replaced. */
  add(superseded: Superseded): void {
    const { nodes, values, keys, bytes } = superseded
    if (nodes.length + values.length + keys.length === 0) return
    this.history.push(superseded)
    this.bytes += bytes
  }

  /** Withdraws versions beyond the limits, breaks pins that outlived their time, frees what nobody can reach. */
  reclaim(latest: number): void {
    const floor = this.floorFor(latest)
    this.control.withdraw(floor)
    const needed = this.oldestPin(floor)
    let freed = 0
    for (const superseded of this.history) {
      if (superseded.version > needed) break
      freeSuperseded(this.allocator, superseded)
      this.bytes -= superseded.bytes
      freed++
    }
    if (freed > 0) this.history = this.history.slice(freed)
  }

  private floorFor(latest: number): number {
    const { versions, bytes, minimum } = this.limits
    let floor = Math.max(this.control.floor, latest - versions + 1)
    let excess = this.bytes - bytes
    for (const superseded of this.history) {
      const spare = excess > 0 && superseded.version <= latest - minimum + 1
      if (superseded.version > floor && !spare) break
      floor = Math.max(floor, superseded.version)
      excess -= superseded.bytes
    }
    return this.isAwaited(latest)
      ? Math.min(floor, Math.max(this.control.floor, this.control.historyNext))
      : floor
  }

  /** Whether the history is behind, but not too far. */
  private isAwaited(latest: number): boolean {
    const next = this.control.historyNext
    const { versions, bytes } = HISTORY_BACKLOG
    return next > 0 && latest - next < versions && this.bytes <= bytes
  }

  /** The oldest version that is held, at most `floor`. */
  private oldestPin(floor: number): number {
    const now = this.limits.now()
    const alive = new Set<number>()
    let oldest = floor
    for (const { pin, version, limitMs } of this.control.pins()) {
      const since = this.pinsSeen.get(pin.token) ?? now
      if (version < floor && now - since > limitMs) {
        this.control.breakPin(pin)
        continue
      }
      this.pinsSeen.set(pin.token, since)
      alive.add(pin.token)
      oldest = Math.min(oldest, version)
    }
    for (const token of this.pinsSeen.keys()) if (!alive.has(token)) this.pinsSeen.delete(token)
    return oldest
  }
}

/**
 * The grammar of ABCI 2.0 over a frame trace (CometBFT's spec/abci/abci++_comet_expected_behavior.md, and stricter):
 *
 *     Info* InitChain? ( (Prepare | Process | Extend | Verify)* FinalizeBlock Commit )*
 */
import type { TraceLine } from './trace.ts'

export interface TraceReport {
  /** One sentence for each breach, with the line's `seq`. */
  readonly violations: readonly string[]
  /** Heights whose Commit was answered, in order. */
  readonly committed: readonly number[]
  /** Heights finalized without having processed that block: replay, block sync, or a late proposal. */
  readonly caughtUp: readonly number[]
}

export interface GrammarOptions {
  /**
   * Whether a block may be finalized that was not processed although others were at its height. That happens to a
   * validator that missed the deciding round's proposal, and never to a lone validator. Default: false.
   */
  readonly lateProposals?: boolean
}

/** Reads the JSON lines of a trace; a torn last line, as a kill leaves it, is dropped. */
export function parseTrace(text: string): TraceLine[] {
  const lines = text.split('\n')
  const tail = lines.pop() as string
  const parsed = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as TraceLine)
  return tail === '' ? parsed : [...parsed, ...tryParse(tail)]
}

function tryParse(line: string): TraceLine[] {
  try {
    return [JSON.parse(line) as TraceLine]
  } catch {
    return []
  }
}

/** Holds a trace, of one server or of several one after the other on the same home, to the grammar. */
export function checkTrace(lines: readonly TraceLine[], options: GrammarOptions = {}): TraceReport {
  const checker = new Checker(options.lateProposals ?? false)
  for (const line of lines) checker.line(line)
  return checker
}

class Checker implements TraceReport {
  readonly violations: string[] = []
  readonly committed: number[] = []
  readonly caughtUp: number[] = []
  private readonly lateProposals: boolean
  private seq = 0
  /** The consensus connection of the current run, if there was a consensus call. */
  private conn: number | undefined
  /** Last durable height. */
  private height: number | undefined
  /** The height of a Commit that was asked and not answered: it may or may not have counted. */
  private inDoubt: number | undefined
  private initialHeight: number | undefined
  /** The height FinalizeBlock was called for, until its Commit is asked. */
  private finalized: number | undefined
  private committing: number | undefined
  /** Blocks processed at the next height. */
  private readonly processed = new Set<string>()
  private initChainSeen = false
  private pending = ''

  constructor(lateProposals: boolean) {
    this.lateProposals = lateProposals
  }

  line(line: TraceLine): void {
    this.seq = line.seq
    if (line.dir === 'start' || (line.dir === 'close' && line.conn === this.conn)) this.disconnect()
    else if (line.dir === 'in') this.request(line)
    else if (line.dir === 'out') this.reply(line)
  }

  /** Everything uncommitted is gone. */
  private disconnect(): void {
    this.inDoubt = this.committing ?? this.inDoubt
    if ((this.height ?? 0) === 0) this.initialHeight = undefined
    this.conn = undefined
    this.finalized = undefined
    this.committing = undefined
    this.initChainSeen = false
    this.pending = ''
    this.processed.clear()
  }

  private request(line: TraceLine): void {
    if (!CONSENSUS.has(line.method as string)) return
    if (line.conn !== this.conn) {
      this.disconnect()
      this.conn = line.conn
    }
    const { method } = line
    if (this.pending !== '') this.breach(`${method} before ${this.pending} was answered`)
    this.pending = method as string
    if (method === 'Commit') {
      this.commit()
      return
    }
    if (this.finalized !== undefined)
      this.breach(`${method} between FinalizeBlock ${this.finalized} and its Commit`)
    if (method === 'InitChain') this.initChain(line)
    else if (method === 'FinalizeBlock') this.finalize(line)
    else this.proposal(line)
  }

  private reply(line: TraceLine): void {
    if (line.method === 'Info') this.info(line.height ?? 0)
    if (line.conn !== this.conn) return
    if (line.method === this.pending) this.pending = ''
    if (line.method !== 'Commit' || this.committing === undefined) return
    this.height = this.committing
    this.committed.push(this.committing)
    this.committing = undefined
    this.processed.clear()
  }

  private info(height: number): void {
    const known = this.height
    const counted = height === this.inDoubt
    if (known !== undefined && height !== known && !counted) {
      this.breach(`Info says height ${height}, committed was ${known}`)
    }
    if (counted) this.committed.push(height)
    this.inDoubt = undefined
    this.height = height
  }

  private initChain(line: TraceLine): void {
    if (this.initChainSeen) this.breach('a second InitChain on one connection')
    if ((this.height ?? 0) > 0) this.breach(`InitChain at height ${this.height}`)
    this.initChainSeen = true
    this.initialHeight = Math.max(1, line.height ?? 1)
  }

  private proposal(line: TraceLine): void {
    this.expectHeight(line)
    if (line.method === 'ProcessProposal') this.processed.add(line.hash ?? '')
  }

  private finalize(line: TraceLine): void {
    this.expectHeight(line)
    const height = line.height ?? 0
    this.finalized = height
    if (this.processed.has(line.hash ?? '')) return
    this.caughtUp.push(height)
    if (this.processed.size > 0 && !this.lateProposals) {
      this.breach(
        `FinalizeBlock ${height} of a block that was not processed, ${this.processed.size} others were`,
      )
    }
  }

  private commit(): void {
    if (this.finalized === undefined) this.breach('Commit without FinalizeBlock')
    this.committing = this.finalized
    this.finalized = undefined
  }

  private expectHeight(line: TraceLine): void {
    const next = this.nextHeight()
    if (next === undefined) this.breach(`${line.method} before Info or InitChain`)
    else if (line.height !== next) this.breach(`${line.method} at height ${line.height}, the next is ${next}`)
  }

  private nextHeight(): number | undefined {
    if (this.height !== undefined && this.height > 0) return this.height + 1
    // an app at height 0 that is not initialized has no next height
    return this.initialHeight
  }

  private breach(what: string): void {
    this.violations.push(`line ${this.seq}: ${what}`)
  }
}

const CONSENSUS: ReadonlySet<string> = new Set([
  'InitChain',
  'PrepareProposal',
  'ProcessProposal',
  'ExtendVote',
  'VerifyVoteExtension',
  'FinalizeBlock',
  'Commit',
])

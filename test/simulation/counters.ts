import type { ExecTxResult } from '../../src/abci/types.ts'
import type { MadeTx } from './transactions.ts'

interface Count {
  offered: number
  accepted: number
  /** Refusals by `codespace/code`. */
  readonly refused: Map<string, number>
}

/** The first sequence has none before it, and little gas may be enough. */
const SOMETIMES_FINE: readonly string[] = ['a sequence behind', 'too little gas']

/** What became of the transactions of a run. */
export class Counters {
  readonly messages = new Map<string, Count>()
  /** Accepted transactions by kind of key and sign mode, and refused ones by fault. */
  readonly signed = new Map<string, number>()
  readonly faults = new Map<string, { offered: number; refused: number }>()
  blocks = 0
  transactions = 0
  accepted = 0
  fewest = Number.POSITIVE_INFINITY

  /** @param typeNames every message of the chain, so that those never made are counted too */
  constructor(typeNames: readonly string[]) {
    for (const name of typeNames) this.messages.set(name, { offered: 0, accepted: 0, refused: new Map() })
  }

  block(txs: readonly MadeTx[], results: readonly ExecTxResult[]): void {
    this.blocks++
    this.fewest = Math.min(this.fewest, txs.length)
    for (const [i, tx] of txs.entries()) this.#transaction(tx, results[i] as ExecTxResult)
  }

  #transaction({ typeNames, fault, mode, kinds }: MadeTx, { code, codespace }: ExecTxResult): void {
    this.transactions++
    if (code === 0) this.accepted++
    for (const name of typeNames) {
      const count = this.messages.get(name)
      if (count === undefined) continue
      count.offered++
      if (code === 0) count.accepted++
      else add(count.refused, `${codespace}/${code}`)
    }
    if (code === 0) for (const kind of kinds) add(this.signed, `${kind} ${mode}`)
    if (fault === undefined) return
    const of = this.faults.get(fault) ?? { offered: 0, refused: 0 }
    this.faults.set(fault, { offered: of.offered + 1, refused: of.refused + (code === 0 ? 0 : 1) })
  }

  /** What falls short of what a run must reach; `least` accepted messages of every type. */
  shortfalls(least: number, leastPerBlock: number): string[] {
    const found: string[] = []
    if (this.fewest < leastPerBlock)
      found.push(`a block had ${this.fewest} transactions, due are ${leastPerBlock}`)
    if (2 * this.accepted < this.transactions) {
      found.push(`${this.accepted} of ${this.transactions} transactions were accepted, due is half`)
    }
    for (const [name, { accepted }] of this.messages) {
      if (accepted < least) found.push(`${name} was accepted ${accepted} times, due are ${least}`)
    }
    for (const kind of ['secp256k1', 'ethsecp256k1', 'multisig']) {
      for (const mode of ['direct', 'amino']) {
        if ((this.signed.get(`${kind} ${mode}`) ?? 0) < least) found.push(`${kind} signed ${mode} too seldom`)
      }
    }
    for (const [fault, { offered, refused }] of this.faults) {
      if (refused < offered && !SOMETIMES_FINE.includes(fault)) {
        found.push(`${offered - refused} transactions with ${fault} were accepted`)
      }
    }
    return found
  }

  table(): string {
    const rows = [...this.messages].map(([name, { offered, accepted, refused }]) => {
      const reasons = [...refused].toSorted((a, b) => b[1] - a[1]).slice(0, 5)
      return [name, `${offered}`, `${accepted}`, reasons.map(([code, n]) => `${code} ×${n}`).join(', ')]
    })
    const signed = [...this.signed].toSorted().map(([what, count]) => `${what} ${count}`)
    const faults = [...this.faults]
      .toSorted()
      .map(([what, { offered, refused }]) => `${what} ${refused}/${offered}`)
    return [
      ...aligned([['message', 'offered', 'accepted', 'refused with'], ...rows]),
      `signed: ${signed.join(', ')}`,
      `faults (refused/made): ${faults.join(', ')}`,
      `${this.accepted} of ${this.transactions} transactions accepted in ${this.blocks} blocks, ` +
        `${(this.transactions / Math.max(1, this.blocks)).toFixed(1)} a block, never below ${this.fewest}`,
    ].join('\n')
  }
}

function add(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => (row[column] ?? '').length))
  const [name, offered, accepted] = [width(0), width(1), width(2)]
  return rows.map(([a = '', b = '', c = '', d = '']) =>
    `  ${a.padEnd(name)}  ${b.padStart(offered)}  ${c.padStart(accepted)}  ${d}`.trimEnd(),
  )
}

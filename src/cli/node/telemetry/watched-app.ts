import { Histogram, type Sample } from '#lib/metrics.ts'
import type { AbciApp } from '../../../abci/types.ts'
import type { Reading } from './catalog.ts'

/** From a tenth of a millisecond to half a minute: an empty block, and a full one on a slow machine. */
const PHASE_BOUNDS = [0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

const PHASES = ['prepare', 'process', 'finalize', 'commit'] as const
type Phase = (typeof PHASES)[number]

interface Checks {
  ok: number
  refused: number
  ms: number
}

/** What a block adds when it is committed. */
interface Tally {
  ok: number
  gas: number
  readonly failed: Map<string, number>
}

const emptyTally = (): Tally => ({ ok: 0, gas: 0, failed: new Map() })

/**
 * An application seen from outside: how long its calls take and what they answer. The application itself reads no
 * clock. Transactions count when their block is committed, so a block that comes again counts once.
 */
export class AppMeter {
  readonly #phases = Object.fromEntries(
    PHASES.map((phase) => [phase, new Histogram(PHASE_BOUNDS)]),
  ) as Record<Phase, Histogram>
  readonly #fresh: Checks = { ok: 0, refused: 0, ms: 0 }
  readonly #recheck: Checks = { ok: 0, refused: 0, ms: 0 }
  readonly #total = emptyTally()
  #block = emptyTally()
  #blockSeconds = 0
  #proposalsRefused = 0
  /** Of the last committed block, Unix time; undefined before the first since the start. */
  blockTime: number | undefined
  /** When that was, by `performance.now()`. */
  committedAt: number | undefined

  /** The same application, watched. */
  watch(app: AbciApp): AbciApp {
    return {
      ...app,
      checkTx: (tx, recheck) => {
        const start = performance.now()
        const response = app.checkTx(tx, recheck)
        const checks = recheck ? this.#recheck : this.#fresh
        checks.ms += performance.now() - start
        if (response.code === 0) checks.ok++
        else checks.refused++
        return response
      },
      prepareProposal: (req) => this.#timed('prepare', () => app.prepareProposal(req)),
      processProposal: (req) => {
        const accepted = this.#timed('process', () => app.processProposal(req))
        if (!accepted) this.#proposalsRefused++
        return accepted
      },
      finalizeBlock: (req, results) => {
        const block = emptyTally()
        this.#block = block
        this.#blockSeconds = Number(req.time.seconds) + req.time.nanos / 1e9
        const counted: typeof results = {
          push(result) {
            block.gas += result.gasUsed
            if (result.code === 0) block.ok++
            else block.failed.set(result.codespace, (block.failed.get(result.codespace) ?? 0) + 1)
            return results.push(result)
          },
        }
        return this.#timed('finalize', () => app.finalizeBlock(req, counted))
      },
      commit: () => {
        const response = this.#timed('commit', () => app.commit())
        this.#committed()
        return response
      },
    }
  }

  reading(): Reading {
    const { ok, gas, failed } = this.#total
    return {
      ...(this.blockTime === undefined ? {} : { wadi_block_time_seconds: this.blockTime }),
      wadi_block_phase_seconds: PHASES.map((phase) => ({ labels: { phase }, value: this.#phases[phase] })),
      wadi_proposals_refused_total: this.#proposalsRefused,
      wadi_txs_total: [
        { labels: { outcome: 'ok', codespace: '' }, value: ok },
        ...Array.from(failed, ([codespace, value]) => ({ labels: { outcome: 'failed', codespace }, value })),
      ],
      wadi_gas_used_total: gas,
      wadi_check_txs_total: [...checkSamples('new', this.#fresh), ...checkSamples('recheck', this.#recheck)],
      wadi_check_tx_seconds_total: [
        { labels: { kind: 'new' }, value: this.#fresh.ms / 1000 },
        { labels: { kind: 'recheck' }, value: this.#recheck.ms / 1000 },
      ],
    }
  }

  #timed<T>(phase: Phase, call: () => T): T {
    const start = performance.now()
    const result = call()
    this.#phases[phase].observe((performance.now() - start) / 1000)
    return result
  }

  #committed(): void {
    const [total, block] = [this.#total, this.#block]
    total.ok += block.ok
    total.gas += block.gas
    for (const [codespace, count] of block.failed) {
      total.failed.set(codespace, (total.failed.get(codespace) ?? 0) + count)
    }
    this.blockTime = this.#blockSeconds
    this.committedAt = performance.now()
  }
}

function checkSamples(kind: string, { ok, refused }: Checks): readonly Sample[] {
  return [
    { labels: { kind, outcome: 'ok' }, value: ok },
    { labels: { kind, outcome: 'refused' }, value: refused },
  ]
}

import { readdirSync } from 'node:fs'
import { constants, monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { Histogram } from '#lib/metrics.ts'
import type { Reading } from './catalog.ts'

const PAUSE_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak-callbacks',
}

type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } }

/** Time between two looks at the event loop: late by less than this is not seen, and a look costs next to nothing. */
const LOOK_MS = 20

/** What Node says of the process and its main thread. */
export class RuntimeMeter {
  readonly #pauses = new Map(Object.values(KINDS).map((kind) => [kind, new Histogram(PAUSE_BOUNDS)]))
  readonly #observer: PerformanceObserver
  readonly #lag: ReturnType<typeof monitorEventLoopDelay>

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const { detail, duration } of list.getEntries() as GcEntry[]) {
        this.#pauses.get(KINDS[detail.kind] ?? 'major')?.observe(duration / 1000)
      }
    })
    this.#observer.observe({ entryTypes: ['gc'] })
    this.#lag = monitorEventLoopDelay({ resolution: LOOK_MS })
    this.#lag.enable()
  }

  close(): void {
    this.#observer.disconnect()
    this.#lag.disable()
  }

  reading(): Reading {
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    const files = openFiles()
    return {
      wadi_gc_pause_seconds: Array.from(this.#pauses, ([kind, value]) => ({ labels: { kind }, value })),
      wadi_event_loop_lag_seconds: this.#lagSince(),
      wadi_cpu_seconds_total: [
        { labels: { mode: 'user' }, value: user / 1e6 },
        { labels: { mode: 'system' }, value: system / 1e6 },
      ],
      wadi_resident_memory_bytes: rss,
      wadi_heap_bytes: heapUsed,
      ...(files === undefined ? {} : { wadi_open_files: files }),
      wadi_start_time_seconds: performance.timeOrigin / 1000,
    }
  }

  /** Node measures from look to look; what is over the time between two looks is lag. Begins anew with each call. */
  #lagSince() {
    const of = (quantile: string, ns: number) => ({
      labels: { quantile },
      value: Math.max(0, ns / 1e9 - LOOK_MS / 1000),
    })
    const lag = this.#lag
    const seen = lag.count > 0
    const samples = [
      of('0.5', seen ? lag.percentile(50) : 0),
      of('0.99', seen ? lag.percentile(99) : 0),
      of('1', seen ? lag.max : 0),
    ]
    lag.reset()
    return samples
  }
}

function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}

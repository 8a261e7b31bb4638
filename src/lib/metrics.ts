/** Figures about a running program, and the text in which Prometheus reads them. */

/** Counts observations by their size. Two numbers change for each, so that it may stand where time matters. */
export class Histogram {
  readonly bounds: readonly number[]
  /** One count for each bound, one for what is above the last, and the sum. */
  readonly #cells: Float64Array<ArrayBufferLike>

  /**
   * @param bounds upper ends of the buckets, ascending; each includes its end
   * @param cells {@link histogramCells} numbers to count in, where another thread shall see them
   */
  constructor(
    bounds: readonly number[],
    cells: Float64Array<ArrayBufferLike> = new Float64Array(histogramCells(bounds)),
  ) {
    this.bounds = bounds
    this.#cells = cells
  }

  observe(value: number): void {
    const { bounds } = this
    const cells = this.#cells
    let at = 0
    while (at < bounds.length && value > (bounds[at] as number)) at++
    cells[at] = (cells[at] as number) + 1
    const sum = bounds.length + 1
    cells[sum] = (cells[sum] as number) + value
  }

  get sum(): number {
    return this.#cells[this.bounds.length + 1] as number
  }

  /** For each bound how many were not above it; the last number is that of all. */
  cumulative(): number[] {
    let total = 0
    return Array.from({ length: this.bounds.length + 1 }, (_, at) => {
      total += this.#cells[at] as number
      return total
    })
  }
}

/** Numbers that a {@link Histogram} of these bounds counts in. */
export function histogramCells(bounds: readonly number[]): number {
  return bounds.length + 2
}

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels?: Labels
  readonly value: number | Histogram
}

/** All samples of one name. */
export interface MetricFamily {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** The media type of {@link prometheusText}. */
export const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function prometheusText(families: readonly MetricFamily[]): string {
  let text = ''
  for (const { name, type, help, samples } of families) {
    text += `# HELP ${name} ${escape(help, false)}\n# TYPE ${name} ${type}\n`
    for (const { labels = {}, value } of samples) {
      text += typeof value === 'number' ? line(name, labels, value) : histogramLines(name, labels, value)
    }
  }
  return text
}

function histogramLines(name: string, labels: Labels, histogram: Histogram): string {
  const counts = histogram.cumulative()
  const total = counts.at(-1) as number
  const buckets = counts.map((count, at) => {
    const bound = histogram.bounds[at]
    return line(`${name}_bucket`, { ...labels, le: bound === undefined ? '+Inf' : `${bound}` }, count)
  })
  return [...buckets, line(`${name}_sum`, labels, histogram.sum), line(`${name}_count`, labels, total)].join(
    '',
  )
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escape(text, true)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numeral(value)}\n`
}

function numeral(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return `${value}`
  return value > 0 ? '+Inf' : '-Inf'
}

function escape(text: string, quoted: boolean): string {
  const plain = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return quoted ? plain.replaceAll('"', '\\"') : plain
}

import client from 'prom-client'
import { expect, test } from 'vitest'
import { Histogram, histogramCells, type MetricFamily, prometheusText } from './metrics.ts'

const lines = (text: string) => text.split('\n').filter((line) => line !== '')

test('the text is the one that prom-client writes of the same figures', async () => {
  const registry = new client.Registry()
  const registers = [registry]
  const help = 'How long, in "seconds" \\ parts,\nby door.'
  const theirs = new client.Histogram({
    name: 'wadi_test_seconds',
    help,
    labelNames: ['door'],
    buckets: [0.1, 1, 10],
    registers,
  })
  new client.Gauge({ name: 'wadi_test_height', help: 'Height.', registers }).set(1.5)
  new client.Counter({ name: 'wadi_test_total', help: 'All.', labelNames: ['who'], registers }).inc(
    { who: 'a "b"\\\n' },
    3,
  )
  const ours = new Histogram([0.1, 1, 10])
  for (const value of [0.05, 0.1, 0.5, 10, 11]) {
    theirs.observe({ door: 'REST' }, value)
    ours.observe(value)
  }
  const families: MetricFamily[] = [
    {
      name: 'wadi_test_seconds',
      type: 'histogram',
      help,
      samples: [{ labels: { door: 'REST' }, value: ours }],
    },
    { name: 'wadi_test_height', type: 'gauge', help: 'Height.', samples: [{ value: 1.5 }] },
    {
      name: 'wadi_test_total',
      type: 'counter',
      help: 'All.',
      samples: [{ labels: { who: 'a "b"\\\n' }, value: 3 }],
    },
  ]
  // prom-client puts the label of a bucket first; the order of labels has no meaning.
  const sorted = (line: string) =>
    line.replace(/\{(.*)\}/, (_, labels: string) => labels.split(',').sort().join())
  const expected = lines(await registry.metrics()).map(sorted)
  expect(lines(prometheusText(families)).map(sorted)).toEqual(expected)
})

test('numbers that are none are spelt as Prometheus reads them', () => {
  const samples = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN].map((value) => ({ value }))
  const text = prometheusText([{ name: 'x', type: 'gauge', help: '', samples }])
  expect(lines(text).slice(2)).toEqual(['x +Inf', 'x -Inf', 'x NaN'])
})

test('two threads see one histogram where its cells are shared', () => {
  const cells = new Float64Array(new SharedArrayBuffer(histogramCells([1, 2]) * 8))
  const [writer, reader] = [new Histogram([1, 2], cells), new Histogram([1, 2], cells)]
  for (const value of [1, 2, 3]) writer.observe(value)
  expect([reader.cumulative(), reader.sum]).toEqual([[1, 2, 3], 6])
})

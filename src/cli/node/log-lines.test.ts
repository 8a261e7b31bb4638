import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { eachLine, LastLines, logPrinter } from './log-lines.ts'

async function lines(chunks: readonly string[]): Promise<string[]> {
  const stream = new PassThrough()
  const seen: string[] = []
  eachLine(stream, (line) => seen.push(line))
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await new Promise((done) => stream.once('close', done))
  return seen
}

test('lines are whole however the stream is cut, and the unfinished last one counts', async () => {
  expect(await lines(['a', 'b\nc', '\n\nd'])).toEqual(['ab', 'c', '', 'd'])
})

test('an endless line is cut rather than kept', async () => {
  const [line = ''] = await lines(Array.from({ length: 100 }, () => 'x'.repeat(1_000)))
  expect(line).toHaveLength(16_384)
})

test('only the last lines are kept', () => {
  const last = new LastLines(3)
  for (let i = 0; i < 20; i++) last.add(`${i}`)
  expect(last.all()).toEqual(['17', '18', '19'])
})

test('text names its source; JSON stays JSON', () => {
  const out = new PassThrough()
  logPrinter(out, 'text')('node0', 'hello')
  const print = logPrinter(out, 'json')
  print('cometbft', '{"level":"error"}')
  print('cometbft', '{not json')
  expect(String(out.read())).toBe(
    'node0    | hello\n{"source":"cometbft","level":"error"}\n{"source":"cometbft","line":"{not json"}\n',
  )
})

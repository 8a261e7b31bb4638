import { expect, test } from 'vitest'
import { appLog } from './app-log.ts'

function logging(format: 'text' | 'json', levels: string) {
  const lines: string[] = []
  const now = () => new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6))
  return { log: appLog((source, line) => lines.push(`${source} ${line}`), { format, levels, now }), lines }
}

test('a line of JSON has time, level, module and message first', () => {
  const { log, lines } = logging('json', 'info')
  log('warn', 'a snapshot failed', { module: 'store', version: 5, big: 2n ** 70n })
  log('info', 'without a module')
  expect(lines).toEqual([
    'app {"ts":"2026-01-02T03:04:05.006Z","level":"warn","module":"store","message":"a snapshot failed",' +
      '"version":5,"big":"1180591620717411303424"}',
    'app {"ts":"2026-01-02T03:04:05.006Z","level":"info","module":"app","message":"without a module"}',
  ])
})

test('as text it is one line, whatever an error or a stranger wrote', () => {
  const { log, lines } = logging('text', 'info')
  log('error', 'two\nlines', { module: 'query', error: new Error('a\nb'), path: '/a/b', said: 'x\ny z' })
  expect(lines).toHaveLength(1)
  expect(lines[0]).not.toContain('\n')
  expect(lines[0]).toMatch(
    /^app ERROR query: two\\nlines error="Error: a\\nb\\n .*" path=\/a\/b said="x\\ny z"$/,
  )
})

test('long texts are cut', () => {
  const { log, lines } = logging('json', 'info')
  log('error', 'm'.repeat(100_000), { text: 't'.repeat(100_000) })
  expect(lines[0]?.length).toBeLessThan(17_000)
})

test.each([
  ['info', ['info store', 'warn store', 'error store', 'info query']],
  ['error', ['warn store', 'error store']],
  ['none', []],
  ['store:none,*:info', ['info query']],
  ['p2p:none,*:error', ['warn store', 'error store']],
  ['query:none,store:error', ['warn store', 'error store']],
  ['p2p:debug', ['info store', 'warn store', 'error store', 'info query']],
])('the levels %s let through what they say', (levels, expected) => {
  const { log, lines } = logging('json', levels)
  for (const level of ['info', 'warn', 'error'] as const) log(level, '', { module: 'store' })
  log('info', '', { module: 'query' })
  const seen = lines.map((line) => JSON.parse(line.slice(4)) as Record<string, string>)
  expect(seen.map(({ level, module }) => `${level} ${module}`)).toEqual(expected)
})

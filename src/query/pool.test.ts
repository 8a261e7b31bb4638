import { afterEach, expect, test } from 'vitest'
import type { QueryResponse } from '../abci/types.ts'
import { MultiStore } from '../store/multistore.ts'
import { type QueryPool, type QueryPoolOptions, startQueryPool } from './pool.ts'

const worker = new URL('../../test/fixtures/query-worker.ts', import.meta.url)
const opened: QueryPool[] = []

afterEach(async () => {
  for (const pool of opened.splice(0)) await pool.close()
})

async function open(options: Partial<QueryPoolOptions> = {}) {
  const lines: string[] = []
  const store = new MultiStore(['bank'])
  const shares = { given: 0, dropped: 0 }
  const pool = await startQueryPool({
    worker,
    store: {
      reader: () => {
        shares.given++
        return store.reader()
      },
      dropReader: (share) => {
        shares.dropped++
        store.dropReader(share)
      },
    },
    rpcUrl: '',
    minGasPrices: '',
    software: '',
    log: (level, message) => lines.push(`${level} ${message}`),
    ...options,
  })
  opened.push(pool)
  const ask = (path: string, data = new Uint8Array()): Promise<QueryResponse> =>
    Promise.resolve(pool.query({ path, data, height: 0, prove: false }))
  return { pool, ask, lines, shares }
}

const refusal = ({ codespace, code }: QueryResponse) => `${codespace}/${code}`

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('all queries of one turn travel together and each gets its own answer', async () => {
  const { ask } = await open()
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask('echo', new Uint8Array([i]))))
  expect(answers.map(({ value }) => value[0])).toEqual(Array.from({ length: 50 }, (_, i) => i))
  // The fixture answers with the number of batches it got.
  expect(new Set(answers.map(({ height }) => height))).toEqual(new Set([1]))
  expect((await ask('echo')).height).toBe(2)
})

test('data is copied before the caller gets its buffer back', async () => {
  const { ask } = await open()
  const data = new Uint8Array([1, 2, 3])
  const answer = ask('echo', data)
  data.fill(9)
  expect([...(await answer).value]).toEqual([1, 2, 3])
})

test('beyond the limit of queries under way the answer is an error at once, and room comes back', async () => {
  const { pool, ask } = await open({ limits: { pending: 3 } })
  const taken = [ask('late'), ask('late'), ask('late')]
  const over = pool.query({ path: 'echo', data: new Uint8Array(), height: 0, prove: false })
  expect(over).not.toBeInstanceOf(Promise)
  expect(refusal(over as QueryResponse)).toBe('query/2')
  expect((over as QueryResponse).log).toBe(
    '3 queries wait: the node has too many queries to answer: try again',
  )
  expect(pool.state).toMatchObject({
    ready: true,
    waiting: 3,
    refused: { busy: 1, unavailable: 0, timeout: 0 },
  })
  expect((await Promise.all(taken)).map(({ code }) => code)).toEqual([0, 0, 0])
  expect(pool.state).toMatchObject({ waiting: 0, waitingBytes: 0, restarts: 0 })
  expect((await ask('echo')).code).toBe(0)
})

test('the bytes of waiting queries are bounded as well', async () => {
  const { ask } = await open({ limits: { pendingBytes: 1_000 } })
  const taken = ask('late', new Uint8Array(900))
  expect(refusal(await ask('echo', new Uint8Array(200)))).toBe('query/2')
  expect((await ask('echo', new Uint8Array(50))).code).toBe(0)
  expect((await taken).value).toHaveLength(900)
})

test.each(['throw', 'exit'])(
  'when the worker ends by %s, it answers for it and serves again',
  async (path) => {
    const { pool, ask, lines, shares } = await open()
    const [first, second] = await Promise.all([ask(path), ask('late')])
    expect([refusal(first as QueryResponse), refusal(second as QueryResponse)]).toEqual([
      'query/3',
      'query/3',
    ])
    expect(first?.log).toMatch(path === 'throw' ? /asked to throw/ : /ended with code 3/)
    expect(refusal(await ask('echo'))).toBe('query/3')
    await until(async () => (await ask('echo')).code === 0)
    expect(lines).toEqual([
      'error the query worker ended; it starts again in 100 ms',
      'info the query worker serves again',
    ])
    expect(shares).toEqual({ given: 2, dropped: 1 })
    expect(pool.state).toMatchObject({ ready: true, restarts: 1, refused: { busy: 0, timeout: 0 } })
    expect(pool.state.refused.unavailable).toBeGreaterThanOrEqual(3)
  },
)

test('a worker that keeps ending is started after longer and longer pauses', async () => {
  const { ask, lines } = await open()
  for (let i = 0; i < 3; i++) {
    await ask('exit')
    await until(async () => (await ask('echo')).code === 0)
  }
  expect(lines.filter((line) => line.startsWith('error')).map((line) => line.match(/\d+ ms/)?.[0])).toEqual([
    '100 ms',
    '200 ms',
    '400 ms',
  ])
})

test('a worker out of memory ends alone', async () => {
  const { ask } = await open({ limits: { workerHeapMb: 32 } })
  const answer = await ask('memory')
  expect(refusal(answer)).toBe('query/3')
  expect(answer.log).toMatch(/memory/)
})

test('a query without an answer is given up, and the worker lives on', async () => {
  const { pool, ask, lines } = await open({ limits: { timeoutMs: 100 } })
  const answer = await ask('never')
  expect([refusal(answer), answer.log]).toEqual([
    'query/4',
    'no answer within 100 ms: the query took too long',
  ])
  expect(pool.state.refused.timeout).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect((await ask('echo')).code).toBe(0)
  expect(lines).toEqual([])
})

test('a worker that does not even say that it lives is ended and replaced', async () => {
  const { ask, lines } = await open({ limits: { timeoutMs: 1_000 } })
  expect(refusal(await ask('hang'))).toBe('query/4')
  await until(async () => (await ask('echo')).code === 0)
  expect(lines).toEqual([
    'error the query worker ended; it starts again in 100 ms',
    'info the query worker serves again',
  ])
})

test('closing answers what is under way, and later queries', async () => {
  const { pool, ask, shares } = await open()
  const waiting = ask('never')
  const closed = pool.close()
  expect((await waiting).log).toBe('the node is stopping: the query worker is starting: try again')
  await closed
  expect(refusal(await ask('echo'))).toBe('query/3')
  expect(shares).toEqual({ given: 1, dropped: 1 })
})

test('a worker that cannot start is an error of the start', async () => {
  const nowhere = new URL('no-such-worker.ts', import.meta.url)
  await expect(open({ worker: nowhere })).rejects.toThrow(/no-such-worker/)
})

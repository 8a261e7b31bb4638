import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { parseTrace } from './grammar.ts'
import { startOne, stopAll, TestApp, until } from './testkit.ts'
import { FileTrace } from './trace.ts'

afterEach(stopAll)

it('A trace holds every frame, with heights and hashes and no times', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'abci-'))
  const path = join(dir, 'trace.jsonl')
  const trace = FileTrace.open(path)
  const { harness, client } = await startOne(new TestApp(), { trace })
  const hash = Buffer.alloc(4, 0xab)
  await harness.ask(client, { info: {} })
  await harness.ask(client, { finalizeBlock: { height: 6n, hash } })
  await harness.ask(client, { commit: {} })
  client.socket.destroy()
  await until(() => readFileSync(path, 'utf8').includes('close'))
  trace.close()
  expect(parseTrace(readFileSync(path, 'utf8'))).toEqual([
    { seq: 0, dir: 'start' },
    { seq: 1, dir: 'open', conn: 1 },
    { seq: 2, dir: 'in', conn: 1, method: 'Info' },
    { seq: 3, dir: 'out', conn: 1, method: 'Info', height: 0 },
    { seq: 4, dir: 'in', conn: 1, method: 'FinalizeBlock', height: 6, hash: 'abababab' },
    { seq: 5, dir: 'out', conn: 1, method: 'FinalizeBlock' },
    { seq: 6, dir: 'in', conn: 1, method: 'Commit' },
    { seq: 7, dir: 'out', conn: 1, method: 'Commit' },
    { seq: 8, dir: 'close', conn: 1 },
  ])
  rmSync(dir, { recursive: true })
})

import { existsSync, statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { MAX_BATCH } from './batch.ts'
import { cli, file, ok, PLACE, read, unsignedSend, verdicts } from './testkit.ts'

const alice = JSON.parse(await ok('keys', 'add', 'alice', '-o', 'json')).address as string
const bob = JSON.parse(await ok('keys', 'add', 'bob', '-o', 'json')).address as string

const batch = (files: readonly string[], ...more: string[]) =>
  cli('tx', 'sign-batch', ...files, '--from', 'alice', ...PLACE, ...more)
const lines = (...txs: string[]) => `${txs.join('\n')}\n`
const memo = (text: string) => unsignedSend(alice, { memo: text })

describe('a batch of transactions', () => {
  test('is signed with one sequence after the other, over all files, blank lines left out', async () => {
    const one = file('one.jsonl', lines(memo('a'), '', memo('b')))
    const two = file('two.jsonl', lines(memo('c')))
    const { code, out } = await batch([one, two])
    expect(code).toBe(EXIT.ok)
    const signed = out.trimEnd().split('\n')
    expect(signed.map((line) => JSON.parse(line).body.memo)).toEqual(['a', 'b', 'c'])
    // PLACE begins at sequence 3.
    for (const [i, line] of signed.entries()) {
      expect(verdicts(line, { sequence: BigInt(3 + i) })).toEqual([true])
      expect(JSON.parse(line).auth_info.signer_infos[0].sequence).toBe(`${3 + i}`)
    }
  })

  test('goes into a file as a whole', async () => {
    const source = file('one.jsonl', lines(memo('a'), memo('b')))
    const target = `${source}.signed`
    const { code, out } = await batch([source], '--output-document', target)
    expect([code, out]).toEqual([EXIT.ok, ''])
    expect(read(target).trimEnd().split('\n')).toHaveLength(2)
    expect(statSync(target).mode & 0o777).toBe(0o644)
  })

  test.each([
    ['that is no JSON', () => '{"body":', ':2 is no transaction'],
    ['without a body', () => '{"auth_info":{}}', ':2 is no transaction: it has no body or no auth_info'],
    [
      'with a field that is none',
      () => '{"body":{"nonsense":1},"auth_info":{}}',
      ':2 is no transaction: body.nonsense',
    ],
    ['of somebody else', () => unsignedSend(bob), 'alice is no signer of'],
    [
      'that amino JSON has no place for',
      () => unsignedSend(alice, { timeout_timestamp: '2030-01-01T00:00:00Z' }),
      ':2: amino JSON has no place for a timeout timestamp',
    ],
  ])('with one %s is told by its line, and nothing is written', async (_, bad, problem) => {
    const source = file('bad.jsonl', lines(memo('a'), bad(), memo('c')))
    const target = `${source}.signed`
    const { code, out, err } = await batch([source], '--output-document', target, '--sign-mode', 'amino-json')
    expect([code, out]).toEqual([EXIT.failed, ''])
    expect(err).toContain(`${source}:2`)
    expect(err).toContain(problem)
    expect(existsSync(target)).toBe(false)
    // Nor on the standard output.
    expect((await batch([source], '--sign-mode', 'amino-json')).out).toBe('')
  })

  test('of nothing, or of too many, is refused', async () => {
    expect((await batch([file('empty.jsonl', '\n\n')])).err).toContain('there is no transaction in')
    const tx = '{"body":{},"auth_info":{}}\n'
    const { err } = await batch([file('many.jsonl', tx.repeat(MAX_BATCH.txs + 1))])
    expect(err).toContain(`many.jsonl:${MAX_BATCH.txs + 1}: more than ${MAX_BATCH.txs} transactions`)
  })
})

import { decodeTxRaw } from '@cosmjs/proto-signing'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { cli, file, ok, PLACE, read, unsignedSend } from './testkit.ts'

const alice = JSON.parse(await ok('keys', 'add', 'alice', '-o', 'json')).address as string
const unsigned = file('unsigned.json', unsignedSend(alice))
const signed = file('signed.json', await ok('tx', 'sign', unsigned, '--from', 'alice', ...PLACE))
const encoded = (await ok('tx', 'encode', signed)).trimEnd()

describe('the bytes of a transaction', () => {
  test('are read by CosmJS as what the file says', () => {
    const { body, signatures } = decodeTxRaw(Buffer.from(encoded, 'base64'))
    expect([body.memo, body.timeoutHeight, body.messages[0]?.typeUrl]).toEqual([
      'a < b & c',
      900n,
      '/cosmos.bank.v1beta1.MsgSend',
    ])
    expect(Buffer.from(signatures[0] ?? []).toString('base64')).toBe(JSON.parse(read(signed)).signatures[0])
  })

  test('are decoded to the file they were encoded from: base64, hex, and files of either', async () => {
    const hex = (await ok('tx', 'encode', signed, '--hex')).trimEnd()
    expect(Buffer.from(hex, 'hex').toString('base64')).toBe(encoded)
    const raw = file('raw.txt', `${encoded}\n`)
    for (const text of [encoded, hex, `@${raw}`]) {
      expect(await ok('tx', 'decode', text)).toBe(read(signed))
    }
    expect(await ok('tx', 'encode', signed, '-o', 'json')).toBe(`{"tx":"${encoded}"}\n`)
  })

  test.each([
    ['that are cut off', () => Buffer.from(encoded, 'base64').subarray(0, -3)],
    ['with a byte too many', () => Buffer.concat([Buffer.from(encoded, 'base64'), Buffer.of(0)])],
    ['that are none', () => Buffer.from('ffff', 'hex')],
    ['of a message that nobody knows', () => withOtherType()],
  ])('%s are refused as a node refuses them', async (_, bytes) => {
    const { code, out, err } = await cli('tx', 'decode', bytes().toString('base64'))
    expect([code, out]).toEqual([EXIT.failed, ''])
    expect(err).toContain('bytes are no transaction that a node takes')
  })

  test('are bytes', async () => {
    expect(await cli('tx', 'decode', '%%')).toMatchObject({ code: EXIT.usage })
  })
})

function withOtherType(): Buffer {
  const bytes = Buffer.from(encoded, 'base64')
  bytes.write('MsgSpnd', bytes.indexOf('MsgSend'))
  return bytes
}

describe('a transaction file', () => {
  test.each([
    ['that is cut off', (text: string) => text.slice(0, 100), 'is no transaction'],
    ['that is empty', () => '', 'is no transaction'],
    ['that is a list', () => '[]', 'is no transaction'],
    ['that is too long', () => ' '.repeat(8 * 1024 * 1024 + 1), 'has more than the 8388608 bytes'],
    [
      'that is nested too deep',
      () => `{"body":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      'is no transaction',
    ],
  ])('%s is told by its name, by every command that reads one', async (_, damage, problem) => {
    const path = file('damaged.json', damage(read(signed)))
    for (const argv of [
      ['sign', path, '--from', 'alice', ...PLACE],
      ['encode', path],
      ['simulate', path],
      ['broadcast', path],
    ]) {
      const { code, out, err } = await cli('tx', ...argv)
      expect([code, out], argv[0]).toEqual([EXIT.failed, ''])
      expect(err, argv[0]).toContain(path)
      expect(err, argv[0]).toContain(problem)
    }
  })
})

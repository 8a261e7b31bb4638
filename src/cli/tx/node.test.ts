import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { fakeRpc, silentRpc } from './fake-rpc.ts'
import { cli, file, ok, PLACE, unsignedSend } from './testkit.ts'

const alice = JSON.parse(await ok('keys', 'add', 'alice', '-o', 'json')).address as string
await ok('keys', 'add', 'bob')
const unsigned = file('unsigned.json', unsignedSend(alice))
const signed = file('signed.json', await ok('tx', 'sign', unsigned, '--from', 'alice', ...PLACE))

describe('a node that takes connections and never answers', () => {
  afterEach(() => void vi.restoreAllMocks())

  test.each([
    [['query', 'bank', 'balances', alice]],
    [['tx', 'bank', 'send', 'alice', alice, '5awadi']],
    [['tx', 'sign', unsigned, '--from', 'alice']],
    [['tx', 'broadcast', signed]],
    [['asset', 'commitment', unsigned, '--from', alice]],
  ])('is given up by %j, with what to do', async (argv) => {
    const limits: number[] = []
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((limit) => {
      limits.push(limit)
      return timeout(20)
    })
    const url = await silentRpc()
    const { code, err } = await cli(...argv, '--node', url)
    expect(code).toBe(EXIT.unreachable)
    expect(err).toContain(
      `wadi: no node answers at ${url}: nothing came back in 10 s\n  - start a development`,
    )
    expect(limits).toEqual([10_000])
  })
})

test('a transaction that is sent a second time is told by its hash, in one line', async () => {
  // What CometBFT 0.38 answers.
  const error = { code: -32603, message: 'Internal error', data: 'tx already exists in cache' }
  const { url, asked } = await fakeRpc({ broadcast_tx_sync: { error } })
  const { code, err } = await cli('tx', 'broadcast', signed, '--node', url)
  const sent = asked.at(-1) as { method: string; params: { tx: string } }
  expect(sent.method).toBe('broadcast_tx_sync')
  const hash = createHash('sha256').update(Buffer.from(sent.params.tx, 'base64')).digest('hex').toUpperCase()
  expect(err).toBe(`wadi: this transaction was sent already: look it up by its hash, ${hash}\n`)
  expect(code).toBe(EXIT.refused)
})

describe('a key that does not sign the message', () => {
  const input = JSON.stringify([{ address: 'ALICE', coins: [{ denom: 'awadi', amount: '5' }] }])

  test.each([
    [['send', 'alice', 'bob', '5awadi']],
    [['multi-send', '--inputs', input.replace('ALICE', alice), '--outputs', input.replace('ALICE', alice)]],
  ])('is refused before anything is signed: %j', async (argv) => {
    const { url, asked } = await fakeRpc({})
    const { code, err } = await cli('tx', 'bank', ...argv, '--from', 'bob', '-y', '--node', url)
    expect(err).toBe(
      'wadi: --from is bob, but the message is signed by alice\n  - leave out --from, or name one signer\n',
    )
    expect(code).toBe(2)
    expect(asked.map(({ method }) => method)).toEqual(['status'])
  })
})

describe('waiting for a transaction', () => {
  const hash = 'AB'.repeat(32)
  // What CometBFT 0.38 answers.
  const unknown = {
    error: { code: -32603, message: 'Internal error', data: `tx (${hash}) not found, err: %!w(<nil>)` },
  }

  test.each([
    ['tx', 'wait'],
    ['query', 'wait-tx'],
  ])('that was never seen ends in time, with its own exit code (%s %s)', async (...command) => {
    const { url, asked } = await fakeRpc({ tx: unknown })
    const { code, out, err } = await cli(...command, hash.toLowerCase(), '--timeout', '300ms', '--node', url)
    expect(err).toBe(
      `wadi: transaction ${hash} was not in a block after 300 ms; it may still get into one: ` +
        'look it up by its hash before sending it again\n',
    )
    expect([code, out]).toEqual([EXIT.timeout, ''])
    expect(asked.map(({ method }) => method)).toContain('tx')
  })

  test.each(['', 'AB', `${hash}0`, 'X'.repeat(64)])(
    'of the hash %j is refused before a node is asked',
    async (text) => {
      const { code, err } = await cli('tx', 'wait', '--node', 'http://127.0.0.1:1', '--', text)
      expect(code).toBe(EXIT.usage)
      expect(err).toContain(`${JSON.stringify(text)} is no hash of a transaction: it has 64 hex digits`)
    },
  )

  test.each(['soon', '0s', '5', '25h', '-1s'])('for %s is refused', async (time) => {
    const { code, err } = await cli('tx', 'wait', hash, `--timeout=${time}`)
    expect(code).toBe(EXIT.usage)
    expect(err).toContain('is no time from 1ms to 24h: write for instance 30s.')
  })
})

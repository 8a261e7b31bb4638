import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
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
    expect(code).toBe(1)
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
  expect(code).toBe(1)
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

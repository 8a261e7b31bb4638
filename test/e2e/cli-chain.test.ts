import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { DEV_ACCOUNTS } from '../../src/cli/node/dev-accounts.ts'
import { run } from '../../src/cli/testkit.ts'
import { WadiClient } from '../../src/client/client.ts'
import { type Devnet, startDevnet, wadi } from './devnet-kit.ts'

let net: Devnet
let client: WadiClient
let folder = ''
let sent: { readonly txhash: string; readonly height: string }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-cli-chain-'))
  net = await startDevnet()
  client = await WadiClient.connect(net.rpc)
  for (const [name, value] of Object.entries(env())) vi.stubEnv(name, value)
  sent = await json('tx', 'bank', 'send', 'dev0', 'dev1', '5awadi', '-y')
}, 120_000)
afterAll(async () => {
  vi.unstubAllEnvs()
  await net?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const env = () => ({ WADI_RPC: net.rpc, WADI_HOME: folder, WADI_KEYRING_BACKEND: 'test' })

/** Runs a command that succeeds; in this process, since a hundred of them take their time to start. */
async function ok(...args: string[]): Promise<string> {
  const result = await run(...args)
  expect(result, args.join(' ')).toMatchObject({ code: 0 })
  return result.out
}

const json = async (...args: string[]) => JSON.parse(await ok(...args, '-o', 'json'))

/** Runs a command that fails. */
async function fails(code: number, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const result = await run(...args)
  expect(result, args.join(' ')).toMatchObject({ code })
  return { stdout: result.out, stderr: result.err }
}

const address = (i: number) => DEV_ACCOUNTS[i]?.address ?? ''
const UNKNOWN = 'AB'.repeat(32)

describe('query tx', () => {
  test('finds a transaction by its hash in any case, and by who signed it with which sequence', async () => {
    const found = await json('query', 'tx', sent.txhash)
    expect(found).toMatchObject({ txhash: sent.txhash, height: sent.height, code: 0 })
    expect(found.tx).toMatchObject({ '@type': '/cosmos.tx.v1beta1.Tx' })
    expect(await json('q', 'tx', `0x${sent.txhash.toLowerCase()}`)).toEqual(found)
    expect(await json('query', 'tx', `${address(0)}/0`)).toEqual(found)
    expect(await json('query', 'tx', `${DEV_ACCOUNTS[0]?.hexAddress}/0`, '--type', 'acc_seq')).toEqual(found)
    expect((await json('query', 'tx', 'get-tx', sent.txhash)).tx_response).toEqual(found)
  })

  test('says that there is none, and what a node would have to index for it', async () => {
    expect((await fails(EXIT.notFound, 'query', 'tx', UNKNOWN)).stderr).toContain('not found')
    expect((await fails(EXIT.notFound, 'query', 'tx', `${address(0)}/999`)).stderr).toContain(
      'no transaction has',
    )
    const [signature] = (await json('query', 'tx', sent.txhash)).tx.signatures
    expect((await fails(EXIT.notFound, 'query', 'tx', signature)).stderr).toContain(
      'index-events of its app.toml has to have "tx.signature"',
    )
  })

  test('refuses what is no transaction, with what was meant', async () => {
    expect((await fails(EXIT.usage, 'query', 'tx', 'get-txx')).stderr).toContain('Did you mean get-tx?')
    expect((await fails(EXIT.usage, 'query', 'tx', UNKNOWN, '--type', 'acc_seq')).stderr).toContain(
      'ADDRESS/SEQUENCE',
    )
  })
})

describe('query txs', () => {
  test('finds pages of transactions, in either order', async () => {
    await ok('tx', 'bank', 'send', 'dev2', 'dev1', '1awadi', '-y')
    await ok('tx', 'bank', 'send', 'dev2', 'dev3', '2awadi', '-y')
    const query = ['--query', `message.sender='${address(2)}'`]
    const all = await json('query', 'txs', ...query)
    expect(all).toMatchObject({
      total_count: '2',
      count: '2',
      page_number: '1',
      page_total: '1',
      limit: '30',
    })
    const hashes = all.txs.map(({ txhash }: { txhash: string }) => txhash)
    const second = await json('query', 'txs', ...query, '--limit', '1', '--page', '2')
    expect(second).toMatchObject({
      total_count: '2',
      count: '1',
      page_total: '2',
      txs: [{ txhash: hashes[1] }],
    })
    const newest = await json('query', 'txs', ...query, '--order-by', 'desc', '--limit', '1')
    expect(newest.txs[0].txhash).toBe(hashes[1])
    const events = await json(
      'query',
      'txs',
      '--events',
      `message.sender=${address(2)}&tx.height=${all.txs[0].height}`,
    )
    expect(events.txs).toEqual([all.txs[0]])
    const none = await json('query', 'txs', '--query', "message.sender='nobody'")
    expect(none).toMatchObject({ total_count: '0', count: '0', page_total: '0', txs: [] })
  })

  test.each([
    [[], '--query is missing'],
    [['--query', 'tx.height>0', '--events', 'a.b=c'], 'give one'],
    [['--events', 'nonsense'], '"nonsense" is not type.attribute=value'],
    [['--query', 'tx.height>0', '--limit', '101'], 'a page has 1 to 100 transactions'],
    [['--query', 'tx.height>0', '--page', '0'], 'the first page is 1'],
  ])('refuses %j', async (args, problem) => {
    expect((await fails(EXIT.usage, 'query', 'txs', ...args)).stderr).toContain(problem)
  })

  test("tells a condition that CometBFT does not understand in CometBFT's words", async () => {
    const { stderr, stdout } = await fails(EXIT.failed, 'query', 'txs', '--query', 'nonsense nonsense')
    expect(stderr).toMatch(/^wadi: offset 9: got tag, wanted /)
    expect(stdout).toBe('')
  })
})

describe('query block', () => {
  test('shows a block by height and by hash, and the latest', async () => {
    const block = await json('query', 'block', sent.height)
    const real = await client.comet.block(Number(sent.height))
    const hash = Buffer.from(real.blockId.hash).toString('hex')
    expect(block.block_id.hash).toBe(Buffer.from(real.blockId.hash).toString('base64'))
    expect(block.sdk_block.header.height).toBe(sent.height)
    expect(await json('query', 'block', hash)).toEqual(block)
    expect(await json('query', 'block', '--type', 'hash', hash.toUpperCase())).toEqual(block)
    expect(Number((await json('query', 'block')).block.header.height)).toBeGreaterThanOrEqual(
      Number(sent.height),
    )
    // People see the hashes of its transactions, and not their bytes.
    expect(await ok('query', 'block', sent.height)).toContain(`txs:\n  - ${sent.txhash}\n`)
  })

  test("has CometBFT's results", async () => {
    const results = await json('query', 'block-results', sent.height)
    expect(results).toMatchObject({ height: sent.height, txs_results: [{ code: 0, codespace: '' }] })
    expect(Object.keys(results)).toContain('finalize_block_events')
  })

  test('says that there is none', async () => {
    for (const args of [
      ['block', '99999999'],
      ['block', UNKNOWN],
      ['block-results', '99999999'],
    ])
      expect((await fails(EXIT.notFound, 'query', ...args)).stdout).toBe('')
    for (const args of [
      ['block', 'latest'],
      ['block', '-1'],
      ['block-results', 'x'],
      ['block', '--type', 'hash', '5'],
    ])
      await fails(EXIT.usage, 'query', ...args)
  })
})

describe('waiting for a transaction', () => {
  test('ends when it is in its block, with what became of it', async () => {
    const { txhash } = await json('tx', 'bank', 'send', 'dev4', 'dev5', '1awadi', '-y', '--no-wait')
    const result = await json('query', 'wait-tx', txhash, '--timeout', '30s')
    expect(result).toMatchObject({ txhash, code: 0 })
    expect(await json('tx', 'wait', txhash)).toEqual(result)
  })

  test('that failed there is printed, with an exit code of its own', async () => {
    const args = ['tx', 'bank', 'send', 'dev4', 'dev5', '9000000WADI', '-y', '--gas', '100000', '-o', 'json']
    const failed = await fails(EXIT.failedInBlock, ...args)
    const { txhash } = JSON.parse(failed.stdout)
    const { stdout } = await fails(EXIT.failedInBlock, 'tx', 'wait', txhash, '-o', 'json')
    expect(JSON.parse(stdout)).toMatchObject({ txhash, codespace: 'sdk', code: 5 })
  })
})

describe('transactions of files', () => {
  const path = (name: string) => join(folder, name)

  async function unsigned(name: string, ...args: string[]): Promise<string> {
    writeFileSync(path(name), await ok('tx', 'bank', 'send', ...args, '--generate-only'))
    return path(name)
  }

  test('are simulated, unsigned and signed, with the gas that they use', async () => {
    const file = await unsigned('one.json', 'dev6', 'dev7', '5awadi', '--gas', '120000', '--fees', '7awadi')
    const { gas_used, gas_estimate } = await json('tx', 'simulate', file)
    expect(Number(gas_used)).toBeGreaterThan(10_000)
    expect(Number(gas_estimate)).toBe(Math.ceil(Number(gas_used) * 1.3))
    await ok('tx', 'sign', file, '--from', 'dev6', '--output-document', path('one-signed.json'))
    const { gas_used: signed } = await json('tx', 'simulate', path('one-signed.json'))
    const { gas_used: real } = await json('tx', 'broadcast', path('one-signed.json'))
    expect(real).toBe(signed)
    // Of an unsigned one the node guesses the bytes of the signature.
    expect(Math.abs(Number(real) - Number(gas_used))).toBeLessThan(2_000)
    const poor = await unsigned('poor.json', 'dev6', 'dev7', '5awadi')
    writeFileSync(
      poor,
      (await ok('tx', 'bank', 'send', 'dev6', 'dev7', '1awadi', '--generate-only')).replace(
        '"1"',
        `"${10n ** 30n}"`,
      ),
    )
    expect((await fails(EXIT.refused, 'tx', 'simulate', poor)).stderr).toContain('insufficient funds')
  })

  test('are signed as a batch, and every one of them gets into a block', async () => {
    const texts: string[] = []
    for (const amount of ['1awadi', '2awadi', '3awadi'])
      texts.push(await ok('tx', 'bank', 'send', 'dev8', 'dev9', amount, '--generate-only'))
    writeFileSync(path('batch.jsonl'), texts.join(''))
    const signed = (await ok('tx', 'sign-batch', path('batch.jsonl'), '--from', 'dev8')).trimEnd().split('\n')
    expect(signed).toHaveLength(3)
    for (const [i, text] of signed.entries()) {
      writeFileSync(path(`batch-${i}.json`), text)
      expect(await json('tx', 'broadcast', path(`batch-${i}.json`))).toMatchObject({ code: 0 })
    }
  })

  test('are not signed by who is no member of a multisig that the chain knows', async () => {
    for (const name of ['m1', 'm2', 'stranger']) await ok('keys', 'add', name)
    const { address: safe } = await json('keys', 'add', 'safe', '--multisig', 'm1,m2')
    await ok('tx', 'bank', 'send', 'dev0', 'safe', '1WADI', '-y')
    const file = await unsigned('safe.json', 'safe', 'dev0', '5awadi')
    writeFileSync(path('m1.json'), await ok('tx', 'sign', file, '--from', 'm1', '--multisig', 'safe'))
    writeFileSync(path('safe-signed.json'), await ok('tx', 'multi-sign', file, 'safe', path('m1.json')))
    expect(await json('tx', 'broadcast', path('safe-signed.json'))).toMatchObject({ code: 0 })
    // Here nobody knows it any more; the chain does, since it has signed.
    await ok('keys', 'delete', 'safe', '-y')
    const { stderr } = await fails(EXIT.failed, 'tx', 'sign', file, '--from', 'stranger', '--multisig', safe)
    expect(stderr).toContain(`stranger is no member of ${safe}`)
    await ok('tx', 'sign', file, '--from', 'm2', '--multisig', safe)
  })
})

describe('debug app-hash', () => {
  test('is that of the header above, of a running node too, and of its state made anew', async () => {
    const at = ['debug', 'app-hash', '--home', net.home, '--height']
    const { code, stdout } = await wadi([...at, sent.height, '--recompute', '-o', 'json'])
    expect(code).toBe(0)
    const { app_hash, recomputed } = JSON.parse(stdout)
    const { block } = await client.comet.block(Number(sent.height) + 1)
    expect(app_hash).toBe(Buffer.from(block.header.appHash).toString('hex').toUpperCase())
    expect(recomputed).toBe(app_hash)
    const absent = await fails(EXIT.notFound, ...at, '99999999')
    expect(absent.stderr).toMatch(/has no app hash of height 99999999\n {2}- it has those of 1 to \d+/)
  })
})

describe('settings', () => {
  test('save who talks to one node the flags', async () => {
    const other = join(folder, 'other')
    await ok('config', 'set', 'node', net.rpc, '--home', other)
    await ok('config', 'set', 'output', 'json', '--home', other)
    vi.stubEnv('WADI_RPC', undefined)
    vi.stubEnv('WADI_HOME', other)
    expect(JSON.parse(await ok('status'))).toMatchObject({ chain_id: net.chainId })
    expect(await ok('status', '--output', 'text')).toContain(`chain_id: ${net.chainId}`)
  })
})

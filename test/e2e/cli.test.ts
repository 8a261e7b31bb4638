import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { DEV_ACCOUNTS } from '../../src/cli/node/dev-accounts.ts'
import { WadiClient } from '../../src/client/client.ts'
import { type CliResult, type Devnet, startDevnet, wadi } from './devnet-kit.ts'

let net: Devnet
let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-cli-'))
  net = await startDevnet()
}, 120_000)
afterAll(async () => {
  await net?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const env = () => ({ WADI_RPC: net.rpc, WADI_HOME: folder, WADI_KEYRING_BACKEND: 'test' })

/** Runs a command that succeeds. */
async function ok(...args: string[]): Promise<string> {
  const result = await wadi(args, env())
  expect(result, args.join(' ')).toMatchObject({ code: 0 })
  return result.stdout
}

const json = async (...args: string[]) => JSON.parse(await ok(...args, '-o', 'json'))

/** Runs a command that fails. */
async function fails(code: number, ...args: string[]): Promise<CliResult> {
  const result = await wadi(args, env())
  expect(result, args.join(' ')).toMatchObject({ code })
  return result
}

const dev = (index: number) => DEV_ACCOUNTS[index] as (typeof DEV_ACCOUNTS)[number]

describe('the first example of the README', () => {
  // sha256sum README.md config.json model.safetensors | cut -d' ' -f1 | xxd -r -p | sha256sum, in examples/model
  const root = 'a123055d092b3a7691f3629cd19750afc6227c300a51d3043289421dc998fbc4'

  test('digests the model', async () => {
    expect(await ok('asset', 'hash', 'examples/model')).toContain(
      `${root}  examples/model (3 files, 1726 bytes)`,
    )
    const { files, ...summary } = JSON.parse(await ok('asset', 'hash', 'examples/model', '--json'))
    expect(summary).toEqual({
      scheme: 'DIGEST_SCHEME_OMS_FILES_V1',
      root_digest: root,
      size_bytes: '1726',
      file_count: 3,
      ignored: [],
    })
    expect(files.map((file: { name: string }) => file.name)).toEqual([
      'README.md',
      'config.json',
      'model.safetensors',
    ])
  })

  test('registers it, and shows it over the command line, REST and CosmJS', async () => {
    const args = [
      'tx',
      'asset',
      'register-asset',
      '--path',
      'examples/model',
      '--slug',
      'tiny-classifier',
      '--from',
      'dev0',
    ]
    const result = await json(...args, '--yes')
    expect(result).toMatchObject({ code: 0, responses: [{ asset_id: '1', version: 1, seq: '1' }] })

    const bySlug = await json(
      'query',
      'asset',
      'asset-by-slug',
      '--creator',
      'dev0',
      '--slug',
      'tiny-classifier',
    )
    expect(bySlug.asset).toMatchObject({
      id: '1',
      kind: 'ASSET_KIND_MODEL',
      license: { expression: 'Apache-2.0' },
    })
    expect(await ok('query', 'asset', 'version', '1', '1')).toContain(`root_digest: ${root}`)

    const rest = await fetch(`${net.rest}/wadi/asset/v1/assets/1`)
    // Twenty blocks after the registration the asset is confirmed, be that before or behind this line.
    const lasting = ({ asset: { status: _, ...asset } }: { asset: Record<string, unknown> }) => asset
    expect(lasting((await rest.json()) as typeof bySlug)).toEqual(lasting(bySlug))

    const client = await WadiClient.connect(net.rpc)
    const { version, asset } = await client.query.asset.versionByDigest({ rootDigest: root })
    expect(asset).toMatchObject({ id: 1n, creator: dev(0).address, slug: 'tiny-classifier' })
    expect(version?.content).toMatchObject({ sizeBytes: 1726n, fileCount: 3 })
    expect(Buffer.from(version?.content?.rootDigest ?? []).toString('hex')).toBe(root)
  })

  test('refuses the same bytes a second time, and says why', async () => {
    const again = [
      'tx',
      'asset',
      'register-asset',
      '--path',
      'examples/model',
      '--slug',
      'other',
      '--from',
      'dev1',
      '-y',
    ]
    expect((await fails(EXIT.refused, ...again)).stderr).toMatch(/\(error \d+ of asset\)/)
  })
})

describe('asset hash', () => {
  test('says which path it cannot take, why, and what to do', async () => {
    const { stderr } = await fails(1, 'asset', 'hash', join(folder, 'absent'))
    expect(stderr).toContain(`${join(folder, 'absent')}: does not exist`)
    expect(stderr).toContain('  - look whether the path is right')
  })

  test('names a file that may not be read', async (context) => {
    const set = mkdtempSync(join(tmpdir(), 'wadi-unreadable-'))
    chmodSync(set, 0o755)
    writeFileSync(join(set, 'secret.bin'), 'x', { mode: 0 })
    // Root may read everything, so somebody else has to try.
    const user = process.getuid?.() === 0 ? { uid: 65_534 } : {}
    const others = await wadi(['version'], {}, user)
    if (others.code !== 0) context.skip('nobody else may read this checkout')
    const { code, stderr } = await wadi(['asset', 'hash', set], {}, user)
    rmSync(set, { recursive: true })
    expect(code).toBe(1)
    expect(stderr).toContain(`${join(set, 'secret.bin')}: may not be read`)
  })
})

describe('transactions', () => {
  test('send coins by names, addresses in both spellings, and WADI', async () => {
    await ok('tx', 'bank', 'send', 'dev1', dev(2).hexAddress, '5awadi', '--yes')
    const sent = await json(
      'tx',
      'bank',
      'send',
      '--from',
      'dev1',
      '--to-address',
      'dev2',
      '--amount',
      '1.5WADI',
      '-y',
    )
    expect(sent).toMatchObject({ code: 0, codespace: '', raw_log: '' })
    expect(sent.events.map((event: { type: string }) => event.type)).toContain('transfer')
    // 1,000,000 WADI and 5 awadi and 1.5 WADI
    const balances = { balances: [{ denom: 'awadi', amount: '1000001500000000000000005' }] }
    expect(await json('query', 'bank', 'balances', 'dev2')).toMatchObject(balances)
    expect(await json('query', 'bank', 'all-balances', dev(2).address)).toMatchObject(balances)
    expect(await json('q', 'tx', 'get-tx', sent.txhash)).toMatchObject({
      tx_response: { txhash: sent.txhash, code: 0 },
    })
  })

  test('are only simulated with --dry-run, only printed with --generate-only', async () => {
    const send = ['tx', 'bank', 'send', 'dev3', 'dev4', '5awadi']
    const { gas_estimate } = await json(...send, '--dry-run')
    expect(Number(gas_estimate)).toBeGreaterThan(10_000)
    const unsigned = JSON.parse(
      await ok(...send, '--generate-only', '--note', 'hi', '--gas', '123456', '--gas-prices', '0.01awadi'),
    )
    expect(unsigned).toMatchObject({
      body: {
        memo: 'hi',
        messages: [
          {
            '@type': '/cosmos.bank.v1beta1.MsgSend',
            from_address: dev(3).address,
            to_address: dev(4).address,
            amount: [{ denom: 'awadi', amount: '5' }],
          },
        ],
      },
      // 123,456 × 0.01 = 1,234.56
      auth_info: {
        fee: { gas_limit: '123456', amount: [{ denom: 'awadi', amount: '1235' }] },
        signer_infos: [],
      },
      signatures: [],
    })
    expect((await json('query', 'auth', 'account-info', 'dev3')).info).toMatchObject({ sequence: '0' })
  })

  test('are generated, signed and sent in three steps, the key in the second only', async () => {
    const unsigned = join(folder, 'unsigned.json')
    const signed = join(folder, 'signed.json')
    writeFileSync(
      unsigned,
      await ok('tx', 'bank', 'send', 'dev3', 'dev3', '5awadi', '--generate-only', '--note', 'hi'),
    )
    expect((await fails(1, 'tx', 'broadcast', unsigned)).stderr).toContain('is not signed')
    writeFileSync(signed, await ok('tx', 'sign', unsigned, '--from', 'dev3'))
    const { txhash } = await json('tx', 'broadcast', signed)
    expect((await json('query', 'tx', 'get-tx', txhash)).tx.body).toMatchObject({ memo: 'hi' })
    expect((await fails(EXIT.refused, 'tx', 'broadcast', signed)).stderr).toBe(
      `wadi: this transaction was sent already: look it up by its hash, ${txhash}\n`,
    )
    writeFileSync(signed, '{"body":{}}')
    expect((await fails(1, 'tx', 'broadcast', signed)).stderr).toContain('it has no body or no auth_info')
  })

  test('are not waited for with --no-wait, nor checked with --broadcast-mode async', async () => {
    const send = ['tx', 'bank', 'send', 'dev4', 'dev4', '1awadi', '-y']
    const { txhash, ...rest } = await json(...send, '--no-wait', '--gas', '100000')
    expect(rest).toEqual({ code: 0 })
    const client = await WadiClient.connect(net.rpc)
    expect((await client.waitForTx(txhash)).code).toBe(0)
    const unchecked = await json(...send, '--broadcast-mode', 'async', '--gas', '1')
    expect(Object.keys(unchecked)).toEqual(['txhash'])
  })

  test('say where they go, and which variable named the node', async () => {
    const place = `${net.chainId} at ${net.rpc} (from $WADI_RPC)`
    const send = ['tx', 'bank', 'send', 'dev3', 'dev3', '1awadi', '-y', '-o', 'json']
    for (const flags of [['--no-wait'], ['--broadcast-mode', 'async', '--gas', '1']]) {
      const { stdout, stderr } = await wadi([...send, ...flags], env())
      expect(stderr).toBe(`sent ${JSON.parse(stdout).txhash} to ${place}\n`)
    }
    const unsigned = join(folder, 'placed.json')
    writeFileSync(unsigned, await ok('tx', 'bank', 'send', 'dev3', 'dev3', '1awadi', '--generate-only'))
    const { stderr } = await wadi(['tx', 'sign', unsigned, '--from', 'dev3'], env())
    expect(stderr).toBe(`signed for ${place}\n`)
  })

  test('say codespace, code, reason and fix when they fail', async () => {
    const poor = await fails(
      EXIT.failedInBlock,
      'tx',
      'bank',
      'send',
      'dev5',
      'dev6',
      '9000000WADI',
      '-y',
      '--gas',
      '100000',
      '-o',
      'json',
    )
    expect(JSON.parse(poor.stdout)).toMatchObject({ codespace: 'sdk', code: 5 })
    expect(poor.stderr).toContain('(error 5 of sdk)')
    expect(poor.stderr).toContain('wadi query bank balances')
    const cheap = await fails(
      EXIT.refused,
      'tx',
      'bank',
      'send',
      'dev5',
      'dev6',
      '1awadi',
      '-y',
      '--gas',
      '1000',
    )
    expect(cheap.stderr).toContain('raise --gas-adjustment')
  })

  test('ask before they are sent, and need --yes where nobody can be asked', async () => {
    const { stderr } = await fails(2, 'tx', 'bank', 'send', 'dev5', 'dev6', '1awadi')
    expect(stderr).toContain('add --yes')
  })

  test('are signed with keys of a keyring, Ethereum keys among them', async () => {
    const { address } = await json('keys', 'add', 'alice', '--eth')
    await ok('tx', 'bank', 'send', 'dev7', 'alice', '3WADI', '-y')
    expect(await json('tx', 'bank', 'send', 'alice', 'dev7', '1WADI', '-y')).toMatchObject({ code: 0 })
    expect((await json('query', 'auth', 'account', 'alice')).account.pub_key).toMatchObject({
      '@type': '/cosmos.evm.crypto.v1.ethsecp256k1.PubKey',
    })
    expect(await ok('keys', 'show', 'alice', '--address')).toBe(`${address}\n`)
  })

  test.each(['dev7', 'alice'])('are signed by %s as amino JSON, as hardware wallets do', async (from) => {
    const send = ['tx', 'bank', 'send', from, 'dev7', '1awadi', '-y', '--note', 'a < b & c']
    const { txhash } = await json(...send, '--sign-mode', 'amino-json', '--timeout-height', '999999')
    const [signer] = (await json('query', 'tx', 'get-tx', txhash)).tx.auth_info.signer_infos
    expect(signer.mode_info).toEqual({ single: { mode: 'SIGN_MODE_LEGACY_AMINO_JSON' } })
  })
})

describe('an account of several keys', () => {
  test('spends when as many members have signed as have to, of keys of both kinds', async () => {
    const members = ['m1', 'm2', 'm3']
    for (const name of members) await ok('keys', 'add', name, ...(name === 'm3' ? ['--eth'] : []))
    await ok('keys', 'add', 'safe', '--multisig', members.join(','), '--multisig-threshold', '2')
    await ok('tx', 'bank', 'send', 'dev8', 'safe', '1WADI', '-y')

    const send = ['tx', 'bank', 'send', 'safe', 'dev8', '5awadi']
    expect((await fails(1, ...send, '-y')).stderr).toContain('safe is a multisig: 2 of its 3 members')
    const unsigned = join(folder, 'multi.json')
    writeFileSync(unsigned, await ok(...send, '--generate-only', '--gas-prices', '0.01awadi'))
    const signatures = ['m1', 'm3'].map((name) => join(folder, `${name}.json`))
    for (const [i, name] of ['m1', 'm3'].entries()) {
      const signature = await ok('tx', 'sign', unsigned, '--from', name, '--multisig', 'safe')
      writeFileSync(signatures[i] as string, signature)
    }
    const signed = join(folder, 'multi-signed.json')
    writeFileSync(signed, await ok('tx', 'multi-sign', unsigned, 'safe', ...signatures))
    const { txhash, gas_wanted, gas_used } = await json('tx', 'broadcast', signed)
    // The simulation has seen what the transaction took: 1.3 times it, and no more than 1.5 times.
    expect(Number(gas_wanted)).toBeGreaterThan(Number(gas_used))
    expect(Number(gas_wanted)).toBeLessThan(1.5 * Number(gas_used))
    const { auth_info } = (await json('query', 'tx', 'get-tx', txhash)).tx
    expect(auth_info.signer_infos[0].mode_info.multi.mode_infos).toHaveLength(2)
  })
})

describe('queries', () => {
  test('are paged', async () => {
    const page = await json('query', 'auth', 'accounts', '--limit', '3', '--count-total')
    expect(page.accounts).toHaveLength(3)
    expect(Number(page.pagination.total)).toBeGreaterThanOrEqual(10)
    const next = await json(
      'query',
      'auth',
      'accounts',
      '--limit',
      '3',
      '--page-key',
      page.pagination.next_key,
    )
    expect(next.accounts[0]).not.toEqual(page.accounts[0])
  })

  test('ask for a height', async () => {
    const { height } = await json('tx', 'bank', 'send', 'dev8', 'dev9', '7awadi', '-y')
    const at = async (h: number) =>
      (await json('query', 'bank', 'balance', 'dev9', 'awadi', '--height', `${h}`)).balance
    expect(await at(Number(height))).toEqual({ denom: 'awadi', amount: `${10n ** 24n + 7n}` })
    expect(await at(Number(height) - 1)).toEqual({ denom: 'awadi', amount: `${10n ** 24n}` })
    expect(
      (await fails(1, 'query', 'bank', 'balance', 'dev9', 'awadi', '--height', '999999')).stderr,
    ).toContain('height')
  })

  test('say what does not exist, and what the command line lacks', async () => {
    expect((await fails(EXIT.notFound, 'query', 'asset', 'asset', '999')).stderr).toContain(
      'asset not found (error 2 of asset)',
    )
    expect((await fails(2, 'query', 'asset', 'asset', 'nine')).stderr).toContain(
      '--asset-id: "nine" is not a whole number',
    )
    expect((await fails(2, 'query', 'asset', 'nothing')).stderr).toContain('unknown command')
    expect((await fails(2, 'query', 'bank', 'balances', 'carol')).stderr).toContain('nor the name of a key')
  })

  test('say where no node is, and which chain one is of', async () => {
    const nobody = await fails(EXIT.unreachable, 'query', 'asset', 'params', '--node', 'http://127.0.0.1:1')
    expect(nobody.stderr).toContain('no node answers at http://127.0.0.1:1')
    expect((await fails(1, 'query', 'asset', 'params', '--chain-id', 'wadi-1')).stderr).toContain(
      'is a node of wadi-dev-1',
    )
    expect(JSON.parse(await ok('status', '-o', 'json'))).toMatchObject({ chain_id: 'wadi-dev-1' })
  })
})

describe('homes and genesis files', () => {
  test('a new chain of a funded account is valid, and a wrong one is told by file, place and value', async () => {
    const home = join(folder, 'node')
    await ok('init', 'me', '--home', home, '--authority', dev(0).address)
    const accounts = join(folder, 'accounts.csv')
    writeFileSync(accounts, `${dev(0).address}, 5awadi\n${dev(1).hexAddress}\n`)
    expect(
      await json('genesis', 'add-accounts', '--home', home, '--file', accounts, '--amount', '1WADI'),
    ).toMatchObject({
      added: 2,
      accounts: 2,
    })
    expect(await json('genesis', 'validate', '--home', home)).toMatchObject({
      chain_id: 'wadi-test-1',
      validators: 1,
    })
    const genesis = join(home, 'config', 'genesis.json')
    writeFileSync(genesis, readFileSync(genesis, 'utf8').replace('"amount":"5"', '"amount":"five"'))
    const { stderr } = await fails(1, 'genesis', 'validate', '--home', home)
    expect(stderr).toContain(`${genesis}: app_state.bank.balances[0]`)
    expect(stderr).toContain('"five"')
    expect((await fails(1, 'init', '--home', home, '--authority', dev(0).address)).stderr).toContain(
      'is initialised already',
    )
  })

  test('a new chain needs somebody who may change its parameters', async () => {
    const { stderr } = await fails(2, 'init', '--home', join(folder, 'other'))
    expect(stderr).toContain('--authority')
  })

  test.each(['devnet', 'localnet'])('the template %s starts a chain', async (template) => {
    const home = join(folder, `template-${template}`)
    await ok('init', '--home', home, '--template', template)
    await ok('genesis', 'validate', '--home', home)
  })
})

describe('the command itself', () => {
  test('knows its version and its parts', async () => {
    expect(await json('version', '--long')).toMatchObject({
      cosmjs: '0.39.0',
      node: expect.stringMatching(/^24\./),
    })
    const help = await ok('--help')
    for (const group of ['dev', 'start', 'localnet', 'tx', 'query', 'keys', 'genesis', 'asset', 'doctor']) {
      expect(help).toContain(`  ${group} `)
    }
    expect(await ok('tx', 'asset', 'register-asset', '--help')).toContain('MODEL|DATASET|ADAPTER')
  })
})

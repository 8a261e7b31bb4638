/** The npm package as those meet it who install it: in an empty project, on the Nodes and with the tools of dapps. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testAccounts } from '../../src/testing/accounts.ts'
import { type Devnet, startDevnet } from '../e2e/devnet-kit.ts'
import { openChromium } from '../support/chromium.ts'
import { bundle, servePage } from './bundle-kit.ts'
import { graphOf } from './module-graph.ts'
import { codeBlocks, filesBelow, install, nodeOf, pack, root, run, succeed, write } from './package-kit.ts'

const SECTION = 'Use it in your project'
const RPC = 'http://127.0.0.1:26657'
const DOOR_MS = 240_000

/** What a dapp does: it connects, asks, signs, sends, and asks again. */
const PAGE = `
import { SigningWadiClient, signerFromMnemonic } from 'wadi/client'
globalThis.pay = async (rpc, mnemonic, to) => {
  const signer = await signerFromMnemonic(mnemonic)
  const [{ address }] = await signer.getAccounts()
  const client = await SigningWadiClient.connectWithSigner(rpc, signer)
  const amount = [{ denom: 'awadi', amount: '1234' }]
  const send = client.tx.bank.send({ fromAddress: address, toAddress: to, amount })
  const { code } = await client.signAndBroadcast(address, [send])
  const { balance } = await client.query.bank.balance({ address: to, denom: 'awadi' })
  const chainId = await client.chainId()
  client.disconnect()
  return { code, chainId, balance: balance.amount }
}
`

let folder: string
let project: string
let wadi: string
let installMs: number
let tarball: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-pack-'))
  project = join(folder, 'dapp')
  mkdirSync(project)
  tarball = await pack(folder)
  installMs = await install(project, tarball)
  wadi = join(project, 'node_modules/wadi')
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const manifest = () => JSON.parse(readFileSync(join(wadi, 'package.json'), 'utf8'))
const names = () => filesBelow(join(project, 'node_modules'))

describe('the package', () => {
  test('holds what runs, what is read while it runs and what others build on, and no sources or tests', () => {
    const files = filesBelow(wadi)
    const bytes = files.reduce((sum, path) => sum + statSync(join(wadi, path)).size, 0)
    const kilobytes = [statSync(tarball).size, bytes].map((size) => Math.round(size / 1000))
    console.log(`the package: ${files.length} files, ${kilobytes[0]} kB packed, ${kilobytes[1]} kB unpacked`)
    for (const needed of [
      'bin/wadi.mjs',
      'bin/node-flags',
      'dist/bin/client.js',
      'dist/bin/client.d.ts',
      'dist/gen/image.binpb',
      'dist/modules/chain.js',
      'dist/query/worker.js',
      'dist/store/snapshot-worker.js',
      'genesis/devnet.json',
      'proto/wadi/asset/v1/tx.proto',
      'scripts/cometbft.mjs',
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
    ])
      expect(files).toContain(needed)
    expect(files.filter((path) => /(?<!\.d)\.ts$|testkit|\.test\.|fixture/.test(path))).toEqual([])
    expect(files.filter((path) => /^(?:src|modules|test)|(?:^|\/)\./.test(path))).toEqual([])
  })

  test('installs without building anything, and without what only a validator needs', () => {
    const lock = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8'))
    const packages = Object.entries(lock.packages as Record<string, { hasInstallScript?: boolean }>)
    console.log(
      `npm install in an empty project: ${(installMs / 1000).toFixed(1)} s, ${packages.length} packages`,
    )
    // The one looks for the binary that it carries, the other for other versions of itself.
    const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)
    expect(scripted).toEqual(['node_modules/classic-level', 'node_modules/protobufjs'])
    expect(names().filter((path) => path.endsWith('.node') && !path.includes('/prebuilds/'))).toEqual([])
    for (const name of ['secp256k1', 'node', 'typescript'])
      expect(existsSync(join(project, 'node_modules', name)), name).toBe(false)
  })

  test.each(['client.js', 'client.d.ts'])('bin/%s leads to no module of Node', (entry) => {
    const { files, packages } = graphOf(join(wadi, 'dist/bin', entry))
    expect(files.size).toBeGreaterThan(20)
    const known = Object.keys(manifest().dependencies)
    const foreign = [...packages].filter(
      (name) => !known.some((own) => name === own || name.startsWith(`${own}/`)),
    )
    expect(foreign).toEqual([])
    expect([...files].filter((file) => /\/dist\/(?:modules|kernel|app|store|cli)\//.test(file))).toEqual([])
  })
})

describe.each([22, 24])('on Node %i', (major) => {
  let node: string | undefined
  let reason = ''

  beforeAll(async () => {
    if (Number(process.versions.node.split('.')[0]) === major) node = process.execPath
    else {
      const found = await nodeOf(major)
      if ('path' in found) node = found.path
      else reason = found.reason
    }
  }, 300_000)

  test('JavaScript makes and reads messages with wadi/client', async (context) => {
    if (node === undefined) return context.skip(`Node ${major} is missing: ${reason}`)
    const code = [
      "import assert from 'node:assert/strict'",
      "import { messages, wadiAminoConverters, wadiRegistry } from 'wadi/client'",
      "import { AssetKind } from 'wadi/proto/wadi/asset/v1/types'",
      "const coins = [{ denom: 'awadi', amount: '5' }]",
      "const message = messages.bank.send({ fromAddress: 'a', toAddress: 'b', amount: coins })",
      'const registry = wadiRegistry()',
      'assert.deepEqual(registry.decode({ ...message, value: registry.encode(message) }), message.value)',
      'const { aminoType, toAmino } = wadiAminoConverters()[message.typeUrl]',
      "assert.equal(aminoType, 'cosmos-sdk/MsgSend')",
      "assert.deepEqual(toAmino(message.value), { from_address: 'a', to_address: 'b', amount: coins })",
      'assert.equal(messages.asset.registerAsset({ kind: AssetKind.ASSET_KIND_MODEL }).value.kind, 1)',
      "await assert.rejects(import('wadi/dist/bin/client.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })",
    ]
    await succeed(node, [write(project, `client-${major}.mjs`, code.join('\n'))], { cwd: project })
  })

  test('the test of the README runs, word for word', async (context) => {
    if (node === undefined) return context.skip(`Node ${major} is missing: ${reason}`)
    const code = codeBlocks('README.md', SECTION, 'ts')[1] ?? ''
    const out = await succeed(node, [write(project, `chain-${major}.mjs`, code)], { cwd: project })
    // 10^24 at genesis and the five that alice sent.
    expect(out).toBe('block 2: bob has 1000000000000000000000005 awadi\n')
  })

  test('the command line runs where Node 24 is to be had, and says so where it is not', async (context) => {
    if (node === undefined) return context.skip(`Node ${major} is missing: ${reason}`)
    const program = join(wadi, 'bin/wadi.mjs')
    const version = { code: 0, stdout: `${manifest().version}\n`, stderr: '' }
    const ask = (WADI_NODE: string) =>
      run(node ?? '', [program, '--version'], { cwd: project, env: { WADI_NODE } })
    expect(await ask(process.execPath)).toEqual(version)
    const { code, stderr } = await ask('')
    expect(code).toBe(major < 24 ? 1 : 0)
    if (major < 24)
      expect(stderr).toMatch(
        /^wadi: needs Node 24 or newer, and this is Node 22\.\d+\.\d+ \(.*\)\n {2}- install Node 24 .*\n$/,
      )
    if (major < 24)
      expect((await ask(node)).stderr).toMatch(
        /^wadi: needs Node 24 or newer; .* \$WADI_NODE, .* is Node 22\./,
      )
  })
})

describe.each(['bundler', 'nodenext'])('TypeScript with moduleResolution %s', (moduleResolution) => {
  test('finds the code of the README right, in strict mode and with the types checked', async () => {
    const [client = '', chain = ''] = codeBlocks('README.md', SECTION, 'ts')
    const place = join(project, moduleResolution)
    write(place, 'client.ts', client)
    write(place, 'chain.ts', chain)
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'es2022',
      lib: ['es2023', 'dom'],
      module: moduleResolution === 'bundler' ? 'esnext' : 'nodenext',
      moduleResolution,
      types: [],
    }
    write(place, 'tsconfig.json', JSON.stringify({ compilerOptions }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    expect(await succeed(process.execPath, [tsc, '-p', place], { cwd: project })).toBe('')
  })

  test('refuses a field that a message does not have', async () => {
    const place = join(project, `${moduleResolution}-wrong`)
    write(place, 'wrong.ts', "import { messages } from 'wadi/client'\nmessages.bank.send({ from: 'a' })\n")
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--moduleResolution', moduleResolution]
    const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext'
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const args = [tsc, ...options, '--module', module, '--skipLibCheck', join(place, 'wrong.ts')]
    const { code, stdout } = await run(process.execPath, args, { cwd: project })
    expect(code).not.toBe(0)
    expect(stdout).toMatch(/TS2353.*'from' does not exist/)
  })
})

describe('npx wadi', () => {
  test('prints versions, and keeps keys', async () => {
    const home = join(folder, 'keys')
    const npx = (...args: string[]) =>
      succeed('npx', ['--no-install', 'wadi', ...args], { cwd: project, env: { WADI_HOME: home } })
    expect(await npx('--version')).toBe(`${manifest().version}\n`)
    expect(JSON.parse(await npx('version', '--long', '--output', 'json'))).toMatchObject({
      node: process.versions.node,
    })
    const keyring = ['--keyring-backend', 'test', '--output', 'json']
    const made = JSON.parse(await npx('keys', 'add', 'alice', ...keyring))
    expect(made.address).toMatch(/^wadi1[a-z0-9]{38}$/)
    expect(JSON.parse(await npx('keys', 'list', ...keyring))).toMatchObject([{ name: 'alice' }])
  })
})

describe('a bundle for browsers', () => {
  const cosmjs = ['@cosmjs/*']
  const all = "export * from 'wadi/client'\n"
  const typed = "export { messages, queryApi, queryServices } from 'wadi/client'\n"

  test.each([
    { name: 'all of it', entry: all, external: [], limitKb: 250 },
    { name: 'all of it, CosmJS left out', entry: all, external: cosmjs, limitKb: 250 },
    { name: 'queries and messages, CosmJS left out', entry: typed, external: cosmjs, limitKb: 60 },
  ])('of $name stays within $limitKb kB', async ({ name, entry, external, limitKb }) => {
    const { gzipKb, code } = await bundle(project, 'bundle', entry, external)
    console.log(
      `bundle of ${name}: ${gzipKb.toFixed(1)} kB gzip, ${(code.length / 1000).toFixed(0)} kB minified`,
    )
    expect(gzipKb).toBeLessThan(limitKb)
  })

  test('has nothing of what is not used in it', async () => {
    const { code } = await bundle(project, 'one', "export { parseGasPrice } from 'wadi/client'\n")
    expect(code.length).toBeLessThan(5_000)
  })
})

describe('a devnet of the package', () => {
  let net: Devnet

  beforeAll(async () => {
    net = await startDevnet({ start: [process.execPath, join(wadi, 'bin/wadi.mjs')] })
  }, DOOR_MS)
  afterAll(() => net?.stop())

  test('takes the payment of the README, word for word but for the port', async () => {
    const [code = ''] = codeBlocks('README.md', SECTION, 'ts')
    expect(code).toContain(RPC)
    const file = write(project, 'pay.mjs', code.replace(RPC, net.rpc))
    expect(await succeed(process.execPath, [file], { cwd: project })).toMatch(
      /^block \d+: wadi1[a-z0-9]{38} has 1000000000000000000001000 awadi\n$/,
    )
  })

  test('is asked, and sent a payment, by a page in a browser', async (context) => {
    const browser = await openChromium()
    if ('reason' in browser) return context.skip(`no browser: ${browser.reason}`)
    const { code } = await bundle(project, 'page', PAGE)
    const server = await servePage(code)
    try {
      const page = await browser.newPage()
      const problems: string[] = []
      page.on('pageerror', (error) => problems.push(String(error)))
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
      await page.goto(server.url)
      const to = testAccounts('browser').browser.address
      const call = `pay(${JSON.stringify([net.rpc, net.mnemonic, to]).slice(1, -1)})`
      const paid = await page.evaluate(call).catch((error) => problems.push(String(error)))
      expect({ paid, problems }).toEqual({
        paid: { code: 0, chainId: net.chainId, balance: '1234' },
        problems: [],
      })
    } finally {
      await browser.close()
      await server.close()
    }
  })
})

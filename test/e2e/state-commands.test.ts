/** `wadi export`, `rollback`, `prune` and `snapshots` on homes whose blocks were made in this process. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { devTools, chain as wadi } from '#modules/chain.ts'
import { validateGenesis } from '../../src/cli/genesis/validate.ts'
import { runCli } from '../../src/cli/main.ts'
import { homePaths, initHome, readHome } from '../../src/cli/node/home.ts'
import { takeRunLock } from '../../src/cli/node/run-record.ts'
import { DEFAULT_PRUNING, type Pruning, storageFor } from '../../src/store/pruning.ts'
import { openStorage } from '../../src/store/storage.ts'
import { TestChain } from '../../src/testing/chain.ts'
import { message } from '../../src/testing/types.ts'
import { alice, bob, genesis } from './query-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'wadi-state-'))
const ARCHIVE: Pruning = { mode: 'nothing', keepRecent: 0, interval: 0 }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const context = {
    version: '1.2.3',
    stdout: {
      write(text: string | Buffer) {
        out += text
        return true
      },
    },
    stderr: {
      write(text: string) {
        err += text
        return true
      },
    },
    loadChain: async () => wadi,
    loadDevTools: async () => devTools,
  }
  const code = await runCli(context as unknown as Parameters<typeof runCli>[0], argv)
  return { code, out, err }
}

/** Runs a command that succeeds, with its answer. */
async function ok(...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await run(...argv, '--output', 'json')
  expect([code, err], argv.join(' ')).toEqual([0, ''])
  return JSON.parse(out)
}

type Dump = ReturnType<TestChain['dump']>

/** A home with `height` blocks; the state after each of them. */
async function grow(
  name: string,
  height: number,
  pruning: Pruning = DEFAULT_PRUNING,
  snapshots: number[] = [],
) {
  const home = join(folder, name)
  const paths = homePaths(home)
  if (!existsSync(paths.genesis)) {
    initHome({ home, chainId: 'wadi-test-1', appState: genesis, app: { pruning } })
  }
  const storage = await openStorage(paths.appData, wadi.stores, {
    ...storageFor(pruning),
    snapshotInterval: 1e9,
  })
  const chain = TestChain.create(wadi, { state: storage, genesis })
  const dumps = new Map<number, Dump>()
  const exports = new Map<number, unknown>()
  while (chain.height < height) {
    const amount = [{ denom: 'awadi', amount: `${chain.height + 1}` }]
    const fields = { fromAddress: alice.address, toAddress: bob.address, amount }
    chain.nextBlock(chain.height === 0 ? [] : [alice.tx(chain, [message(MsgSend, fields)])])
    dumps.set(chain.height, chain.dump())
    exports.set(chain.height, chain.exportGenesis())
    if (snapshots.includes(chain.height)) await storage.snapshot()
  }
  while (storage.store.history.historyNext > 0 && storage.store.history.historyNext <= height)
    await new Promise((resolve) => setTimeout(resolve, 10))
  await storage.close()
  return { home, paths, dumps, exports }
}

/** The state that a home has, in full. */
async function stateOf(home: string): Promise<{ height: number; dump: Dump; appHash: string }> {
  const storage = await openStorage(homePaths(home).appData, wadi.stores)
  const chain = TestChain.create(wadi, { state: storage, genesis })
  const found = {
    height: chain.height,
    dump: chain.dump(),
    appHash: Buffer.from(chain.appHash).toString('hex'),
  }
  await storage.close()
  return found
}

let archive: Awaited<ReturnType<typeof grow>>
beforeAll(async () => {
  archive = await grow('archive', 150, ARCHIVE, [60, 90, 120])
}, 60_000)

test.each([[2], [45], [119], [150]])(
  'the export of height %i is what it was, and starts a chain with equal stores',
  async (height) => {
    const file = join(folder, `export-${height}.json`)
    const args = ['export', '--home', archive.home, '--height', `${height}`]
    expect(await ok(...args, '-o', file)).toEqual({
      chain_id: 'wadi-test-1',
      height,
      bytes: readFileSync(file).length,
      genesis: file,
    })
    const document = JSON.parse(readFileSync(file, 'utf8'))
    expect(document.app_state).toEqual(archive.exports.get(height))
    const original = JSON.parse(readFileSync(archive.paths.genesis, 'utf8'))
    // The genesis is at 1,700,000,000 s, and every block one second later.
    expect(document).toMatchObject({
      chain_id: 'wadi-test-1',
      initial_height: `${height + 1}`,
      genesis_time: new Date((1_700_000_000 + height) * 1_000).toISOString().replace('.000', ''),
      app_hash: '',
      validators: original.validators,
      consensus_params: {
        block: { max_bytes: '4194304', max_gas: '-1' },
        evidence: { max_age_duration: '172800000000000' },
      },
    })
    expect(validateGenesis(file, wadi)).toMatchObject({ chain_id: 'wadi-test-1', validators: 1 })
    const copy = TestChain.create(wadi, { genesis: document.app_state })
    copy.nextBlock()
    expect(copy.dump()).toEqual(archive.dumps.get(height))
  },
)

test('without a height the last one is exported, and without a file to the standard output', async () => {
  const { code, out } = await run('export', '--home', archive.home)
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    initial_height: '151',
    app_state: archive.exports.get(150) as object,
  })
})

test('an export of a height that is not kept says which are, and leaves no file', async () => {
  const plain = await grow('plain', 100, DEFAULT_PRUNING, [40, 60, 80])
  const file = join(folder, 'never.json')
  const at = (height: number) => run('export', '--home', plain.home, '--height', `${height}`, '-o', file)
  for (const height of [59, 101]) {
    expect(await at(height)).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        `${plain.paths.appData} has no height ${height}: it keeps 60 to 100\n  - choose one`,
      ),
    })
  }
  expect(existsSync(file)).toBe(false)
  expect((await at(60)).code).toBe(0)
  expect(JSON.parse(readFileSync(file, 'utf8')).app_state).toEqual(plain.exports.get(60))
  expect((await run('export', '--home', plain.home, '--height', '0')).code).toBe(2)
})

test('rollback takes the last block back, or several, and blocks come again as they were', async () => {
  const { home, dumps } = await grow('back', 100, ARCHIVE, [40, 60, 80])
  const last = await stateOf(home)
  const one = await ok('rollback', '--home', home)
  expect(one).toMatchObject({
    height: 99,
    blocks_undone: 1,
    next: expect.stringContaining('executes block 100 again'),
  })
  expect(one['next']).toContain(`"cometbft rollback --home ${home}"`)
  expect(await stateOf(home)).toMatchObject({ height: 99, dump: dumps.get(99) })
  for (const height of [85, 80, 70]) {
    expect(await ok('rollback', '--home', home, '--height', `${height}`)).toMatchObject({ height })
    expect(await stateOf(home)).toMatchObject({ height, dump: dumps.get(height) })
  }
  // How far the log reaches back depends on how soon the history had what is in it.
  expect((await run('rollback', '--home', home, '--height', '71')).err).toMatch(
    /has no height 71: it keeps \d+ to 70\n/,
  )
  // The history went back as well, and takes what comes again.
  await grow('back', 100, ARCHIVE)
  expect(await stateOf(home)).toEqual(last)
  const file = join(folder, 'again.json')
  await ok('export', '--home', home, '--height', '30', '-o', file)
})

test('a rollback that was killed half way goes on from where it is', async () => {
  const { home, paths, dumps } = await grow('killed', 100, DEFAULT_PRUNING, [40, 80])
  // The later snapshot is gone already, the log is not.
  rmSync(join(paths.appData, 'snapshots', '000000000080.snapshot'))
  expect(await stateOf(home)).toMatchObject({ height: 100 })
  expect(await ok('rollback', '--home', home, '--height', '50')).toMatchObject({
    height: 50,
    blocks_undone: 50,
  })
  expect(await stateOf(home)).toMatchObject({ height: 50, dump: dumps.get(50) })
})

test('prune removes what the mode of the home does not keep, and says what that freed', async () => {
  const { home, paths } = await grow('prune', 150, ARCHIVE)
  const history = join(paths.appData, 'history')
  const prune = () => ok('prune', '--home', home)
  expect(await prune()).toMatchObject({
    pruning: 'nothing',
    heights_removed: 0,
    bytes_freed: 0,
    kept: 'all of it',
  })

  const toml = readFileSync(paths.appToml, 'utf8')
  const custom = toml
    .replace('pruning = "nothing"', 'pruning = "custom"')
    .replace('pruning-keep-recent = "0"', 'pruning-keep-recent = "110"')
    .replace('pruning-interval = "0"', 'pruning-interval = "10"')
  writeFileSync(paths.appToml, custom)
  const freed = await prune()
  expect(freed).toMatchObject({ pruning: 'custom', heights_removed: 40, kept: '41 to 150' })
  expect(Number(freed['bytes_freed'])).toBeGreaterThan(0)

  writeFileSync(paths.appToml, toml.replace('pruning = "nothing"', 'pruning = "default"'))
  expect(await prune()).toMatchObject({ pruning: 'default', bytes_left: 0, kept: 'none on the disk' })
  expect(existsSync(history)).toBe(false)
  expect(await prune()).toMatchObject({ bytes_freed: 0, kept: 'there is no history on the disk' })
})

test('snapshots are listed with their digests; a damaged one is named', async () => {
  const listed = (await ok('snapshots', 'list', '--home', archive.home)) as unknown as Record<
    string,
    unknown
  >[]
  expect(listed.map(({ height }) => height)).toEqual([120, 90])
  for (const { file, sha256, bytes, chain_id: id } of listed) {
    const content = readFileSync(file as string)
    expect([id, bytes, sha256]).toEqual([
      'wadi-test-1',
      content.length,
      createHash('sha256').update(content).digest('hex'),
    ])
  }
  const copy = join(folder, 'damaged-list')
  cpSync(archive.home, copy, { recursive: true })
  const damaged = join(homePaths(copy).appData, 'snapshots', '000000000090.snapshot')
  spoil(damaged)
  expect(await ok('snapshots', 'list', '--home', copy)).toMatchObject([
    { height: 120 },
    { height: 90, damaged: expect.stringContaining(`snapshot ${damaged} cannot be used: `) },
  ])
})

function spoil(file: string): void {
  const content = readFileSync(file)
  const middle = content.length >> 1
  content[middle] = (content[middle] as number) ^ 1
  writeFileSync(file, content)
}

/** The same snapshot with another `meta`, under a right checksum. */
function withMeta(snapshot: Buffer, meta: string): Buffer {
  // The magic (8 bytes), then a chunk: kind, length and CRC (4 bytes each), JSON.
  const end = 20 + snapshot.readUInt32LE(12)
  const head = Buffer.from(JSON.stringify({ ...JSON.parse(`${snapshot.subarray(20, end)}`), meta }))
  const frame = Buffer.from(snapshot.subarray(0, 20))
  frame.writeUInt32LE(head.length, 12)
  frame.writeUInt32LE(crc32(head), 16)
  return Buffer.concat([frame, head, snapshot.subarray(end)])
}

test('a snapshot is carried to another home, which continues with the same state', async () => {
  const file = join(folder, 'carried.snapshot')
  const exported = await ok('snapshots', 'export', file, '--home', archive.home, '--height', '90')
  expect(exported).toMatchObject({ height: 90, chain_id: 'wadi-test-1', file })
  expect((await run('snapshots', 'export', file, '--home', archive.home)).err).toContain('is there already')
  expect(
    (await run('snapshots', 'export', `${file}2`, '--home', archive.home, '--height', '91')).err,
  ).toContain('no snapshot of height 91\n  - there are those of 120, 90')
  const home = join(folder, 'receiver')
  initHome({ home, chainId: 'wadi-test-1', appState: genesis })
  const restore = (from: string, ...more: string[]) =>
    run('snapshots', 'restore', from, '--home', home, ...more)

  const wrong = '00'.repeat(32)
  expect((await restore(file, '--digest', wrong)).err).toContain(
    `has the sha256 ${exported['sha256']}, not ${wrong}`,
  )
  expect((await restore(file, '--height', '90', '--app-hash', wrong)).err).toContain(
    `has the app hash ${exported['app_hash']}, not`,
  )
  const right = `${exported['app_hash']}`
  expect((await restore(file, '--height', '77', '--app-hash', right)).err).toContain(
    'is of height 90, not 77',
  )
  const alone = await restore(file, '--app-hash', right)
  expect([alone.code, alone.err]).toEqual([2, expect.stringContaining('--app-hash needs --height')])
  const broken = join(folder, 'broken.snapshot')
  cpSync(file, broken)
  spoil(broken)
  expect((await restore(broken)).err).toContain(`snapshot ${broken} cannot be used: a chunk fails its CRC`)
  writeFileSync(broken, readFileSync(file).subarray(0, -20))
  expect((await restore(broken)).err).toContain(`snapshot ${broken} cannot be used: it is not complete`)
  writeFileSync(broken, withMeta(readFileSync(file), 'ff'))
  expect((await restore(broken)).err).toContain('it does not say of which chain and time it is')
  writeFileSync(broken, 'something else')
  expect((await restore(broken)).err).toContain('it does not start as a snapshot of this format')
  expect((await restore(join(folder, 'nowhere'))).err).toContain('does not exist')

  const foreign = join(folder, 'foreign')
  initHome({ home: foreign, chainId: 'other-1', appState: genesis })
  const refused = await run('snapshots', 'restore', file, '--home', foreign)
  expect(refused.err).toContain(
    `${file} is of the chain wadi-test-1; ${homePaths(foreign).genesis} is of other-1`,
  )

  const restored = await restore(file, '--height', '90', '--app-hash', right.toUpperCase(), '-o', 'json')
  expect(JSON.parse(restored.out)).toMatchObject({
    height: 90,
    next: expect.stringContaining('header of block 91'),
  })
  expect(await stateOf(home)).toMatchObject({
    height: 90,
    dump: archive.dumps.get(90),
    appHash: exported['app_hash'],
  })
  expect((await restore(file)).err).toContain('it has a state already: move it away')
})

test('none of them touches a home on which a node runs, or in which none ever ran', async () => {
  const home = join(folder, 'busy')
  cpSync(archive.home, home, { recursive: true })
  const lock = takeRunLock(homePaths(home).runRecord)
  const commands = [
    ['export'],
    ['rollback'],
    ['prune'],
    ['snapshots', 'list'],
    ['snapshots', 'export', join(folder, 'x')],
  ]
  for (const command of [...commands, ['snapshots', 'restore', archive.paths.genesis]])
    expect(await run(...command, '--home', home)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`${home} is in use by process ${process.pid}`),
    })
  lock.release()
  const fresh = join(folder, 'fresh')
  initHome({ home: fresh, chainId: 'wadi-test-1', appState: genesis })
  for (const command of commands)
    expect(await run(...command, '--home', fresh)).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no state in it: no node ran on it yet'),
    })
  renameSync(homePaths(fresh).genesis, `${fresh}-genesis`)
  expect((await run('prune', '--home', fresh)).err).toContain('genesis.json is missing')
  expect((await run('prune', '--home', join(folder, 'nothing'))).err).toContain('is not the home of a node')
})

test('pruning is set in app.toml and by flags, and what does not fit is refused by name', async () => {
  const { home, paths } = await grow('settings', 1)
  const toml = readFileSync(paths.appToml, 'utf8')
  expect(toml).toContain('pruning = "default"\npruning-keep-recent = "0"\npruning-interval = "0"')
  const written = (...lines: string[]) => {
    writeFileSync(paths.appToml, [...lines, toml.replace(/^pruning.*\n/gm, '')].join('\n'))
    return readHome(home).app.pruning
  }
  expect(written()).toEqual(DEFAULT_PRUNING) // a home of an earlier release
  expect(written('pruning = "nothing"')).toEqual(ARCHIVE)
  const custom = ['pruning = "custom"', 'pruning-keep-recent = "500"', 'pruning-interval = 20']
  expect(written(...custom)).toEqual({ mode: 'custom', keepRecent: 500, interval: 20 })
  expect(() => written('pruning = "some"')).toThrow(
    `${paths.appToml}: pruning must be one of default, nothing, everything, custom, not "some"`,
  )
  expect(() => written('pruning = "custom"')).toThrow(
    `${paths.appToml}: pruning-keep-recent 0 is too little for pruning = "custom": at least 10`,
  )
  expect(() => written('pruning = "custom"', 'pruning-keep-recent = "-3"')).toThrow(
    'pruning-keep-recent must be a number of heights such as "1000", not "-3"',
  )

  written(...custom)
  const start = (...flags: string[]) => run('start', '--home', home, ...flags)
  const refused = await start('--pruning', 'nothing', '--pruning-keep-recent', '50')
  expect(refused).toMatchObject({
    code: 2,
    err: expect.stringContaining('go with pruning = "custom", not with "nothing"'),
  })
  expect((await start('--pruning-interval', '5')).err).toContain('pruning-interval 5 is too little')
  expect((await start('--pruning', 'all')).err).toContain(
    'Allowed choices are default, nothing, everything, custom',
  )
  expect((await start('--pruning-keep-recent', 'many')).err).toContain('Write a number of heights.')
})

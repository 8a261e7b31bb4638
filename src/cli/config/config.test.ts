import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { initHome } from '../node/home.ts'
import { run, Scratch } from '../testkit.ts'

const scratch = new Scratch('config')
const home = scratch.at('home')
const file = scratch.at('home', 'config', 'client.toml')
const at = ['--home', home] as const

beforeEach(() => {
  for (const name of ['WADI_RPC', 'WADI_CHAIN_ID', 'WADI_OUTPUT', 'WADI_GAS_PRICES'])
    vi.stubEnv(name, undefined)
})
afterEach(() => void vi.unstubAllEnvs())

/** What `config list` says of one setting: its value and its origin. */
async function shown(key: string, ...argv: string[]): Promise<[unknown, unknown]> {
  const { out } = await run('config', 'list', ...at, ...argv, '-o', 'json')
  const { value, origin } = JSON.parse(out).find((row: { key: string }) => row.key === key)
  return [value, origin]
}

describe('a setting', () => {
  test('is taken from the flag before the variable, that before the file, that before the default', async () => {
    expect(await shown('node')).toEqual(['http://127.0.0.1:26657', 'default'])
    expect((await run('config', 'set', 'node', 'tcp://file.example:1', ...at)).code).toBe(EXIT.ok)
    expect(await shown('node')).toEqual(['http://file.example:1', file])
    vi.stubEnv('WADI_RPC', 'http://variable.example:2')
    expect(await shown('node')).toEqual(['http://variable.example:2', '$WADI_RPC'])
    expect(await shown('node', '--node', 'http://flag.example:3')).toEqual(['http://flag.example:3', 'flag'])
    expect(await shown('chain-id')).toEqual([null, 'not set'])
  })

  test('of the file is what commands use', async () => {
    await run('config', 'set', 'node', 'http://127.0.0.1:1', ...at)
    vi.stubEnv('WADI_HOME', home)
    // Also those that know no --home.
    for (const argv of [['status'], ['query', 'bank', 'params'], ['query', 'block']]) {
      const { code, err } = await run(...argv)
      expect(err, argv.join(' ')).toContain('no node answers at http://127.0.0.1:1')
      expect(code).toBe(EXIT.unreachable)
    }
  })

  test('is printed alone by get, and taken out by unset', async () => {
    await run('config', 'set', 'client', 'chain-id', 'wadi-1', ...at)
    expect(await run('config', 'get', 'chain-id', ...at)).toEqual({ code: 0, out: 'wadi-1\n', err: '' })
    expect((await run('config', 'unset', 'chain-id', ...at)).code).toBe(EXIT.ok)
    expect(await run('config', 'get', 'chain-id', ...at)).toEqual({ code: 0, out: '\n', err: '' })
    expect(await run('config', 'unset', 'chain-id', ...at)).toMatchObject({ code: EXIT.notFound })
  })

  test.each([
    ['node', 'ftp://x', 'It is no URL of an RPC'],
    ['output', 'xml', 'Allowed choices are text, json'],
    ['keyring-backend', 'os', 'Allowed choices are file, test'],
    ['gas-prices', 'cheap', 'is not a gas price'],
    ['gas-adjustment', '0.5', 'is not a factor from 1 to 1000'],
    ['chain-id', 'with blanks in it', 'is not 1 to 50 letters'],
    ['noed', 'x', 'noed is no setting. Did you mean node?'],
  ])('is not set to what it cannot be: %s %s', async (key, value, problem) => {
    const before = readFileSync(file, 'utf8')
    const { code, err, out } = await run('config', 'set', key, value, ...at)
    expect([code, out]).toEqual([EXIT.failed, ''])
    expect(err).toContain(file)
    expect(err).toContain(problem)
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  test('home is none of the file, which is in it', async () => {
    const { code, err } = await run('config', 'set', 'home', '/elsewhere', ...at)
    expect(code).toBe(EXIT.usage)
    expect(err).toContain('export WADI_HOME=FOLDER')
  })
})

describe('a settings file that is wrong', () => {
  test.each([
    ['output = "xml"', 'output: "xml" cannot be used: Allowed choices are text, json.'],
    ['outptu = "json"', 'outptu is no setting. Did you mean output?'],
    ['output = [1]', 'output: [1] is no text'],
    ['output = ', 'Invalid TOML'],
    [`note = "${'x'.repeat(70_000)}"`, 'has more than the 65536 bytes'],
  ])('is told with its path by what reads it, and can be mended (%#)', async (line, problem) => {
    writeFileSync(file, `${line}\n`)
    const { code, err } = await run('keys', 'list', ...at)
    expect(code).toBe(EXIT.failed)
    expect(err).toContain(file)
    expect(err).toContain(problem)
    const validated = await run('config', 'validate', 'client', ...at, '-o', 'json')
    expect(validated.code).toBe(EXIT.failed)
    expect(JSON.parse(validated.out)).toMatchObject([
      { file, ok: false, detail: expect.stringContaining(problem) },
    ])
  })

  test('is mended with the commands that its error names', async () => {
    writeFileSync(file, 'output = "xml"\nnoed = "x"\n')
    expect((await run('keys', 'list', ...at)).err).toContain('"wadi config set output VALUE"')
    await run('config', 'set', 'output', 'text', ...at)
    expect((await run('keys', 'list', ...at)).err).toContain('"wadi config unset noed"')
    await run('config', 'unset', 'noed', ...at)
    expect((await run('keys', 'list', ...at)).code).toBe(EXIT.ok)
  })
})

describe("a node's configuration", () => {
  const node = scratch.at('node')
  const { paths } = initHome({ home: node, chainId: 'wadi-test-1' })
  const nodeAt = ['--home', node] as const
  const text = (path: string) => readFileSync(path, 'utf8')

  test('is read by key', async () => {
    expect((await run('config', 'get', 'app', 'api.enable', ...nodeAt)).out).toBe('true\n')
    expect((await run('config', 'get', 'cometbft', 'consensus.timeout_commit', ...nodeAt)).out).toBe(
      '1000ms\n',
    )
    const { out } = await run('config', 'list', 'app', ...nodeAt, '-o', 'json')
    const keys = JSON.parse(out).map(({ key }: { key: string }) => key)
    expect(keys).toEqual(expect.arrayContaining(['minimum-gas-prices', 'index-events', 'api.address']))
    expect((await run('config', 'path', 'app', ...nodeAt)).out).toBe(`${paths.appToml}\n`)
    const wrong = await run('config', 'get', 'app', 'api.enabel', ...nodeAt)
    expect(wrong).toMatchObject({
      code: EXIT.notFound,
      err: expect.stringContaining('Did you mean api.enable?'),
    })
  })

  test('is changed by key, and its comments stay', async () => {
    const before = text(paths.appToml)
    expect((await run('config', 'set', 'app', 'minimum-gas-prices', '0.025awadi', ...nodeAt)).code).toBe(0)
    expect(text(paths.appToml)).toBe(
      before.replace('minimum-gas-prices = ""', 'minimum-gas-prices = "0.025awadi"'),
    )
    expect((await run('config', 'set', 'app.toml', 'api.enable', 'false', ...nodeAt)).code).toBe(0)
    await run('config', 'set', 'app', 'index-events', 'message.action,tx.signature', ...nodeAt)
    expect((await run('config', 'get', 'app', 'index-events', ...nodeAt)).out).toBe(
      '["message.action","tx.signature"]\n',
    )
    await run('config', 'set', 'config', 'p2p.seeds', 'id@host:1', ...nodeAt)
    expect((await run('config', 'get', 'cometbft', 'p2p.seeds', ...nodeAt)).out).toBe('id@host:1\n')
    const { code, out } = await run('config', 'validate', ...nodeAt)
    expect(code).toBe(0)
    // A node's home is not where the settings of this program are.
    expect(out).toBe(
      `ok  ${paths.appToml}: a node can start from it\nok  ${paths.cometbftToml}: a node can start from it\n`,
    )
  })

  test.each([
    ['app', 'minimum-gas-prices', 'cheap', '"cheap" is not a price'],
    ['app', 'snapshot-interval', '0', 'snapshot-interval must be a number of blocks, at least 1, not 0'],
    ['app', 'snapshot-interval', 'many', 'snapshot-interval must be a whole number, not "many"'],
    ['app', 'api.enable', 'yes', 'api.enable must be true or false, not "yes"'],
    ['app', 'api.address', 'nowhere', 'api.address must be an address such as'],
    ['app', 'nonsense', '1', 'nonsense is unknown'],
    ['app', 'index-events', '[1]', 'index-events must be a list'],
    ['cometbft', 'consensus.timeout_commit', 'soon', 'must be a duration such as 500ms'],
    ['cometbft', 'rpc.laddr', 'nowhere', 'rpc.laddr must be an address such as'],
    ['cometbft', 'p2p.sedes', 'x', 'p2p.sedes is no key that this program knows. Did you mean p2p.seeds?'],
  ])('is not changed to what no node can start from: %s %s %s', async (name, key, value, problem) => {
    const path = name === 'app' ? paths.appToml : paths.cometbftToml
    const before = text(path)
    const { code, err } = await run('config', 'set', name, key, value, ...nodeAt)
    expect(code).toBe(EXIT.failed)
    expect(err).toContain(path)
    expect(err).toContain(problem)
    expect(text(path)).toBe(before)
  })

  test('that is not there is told with the home that was looked at', async () => {
    const { code, err } = await run('config', 'get', 'app', 'api.enable', '--home', scratch.at('nowhere'))
    expect(code).toBe(EXIT.failed)
    expect(err).toContain(`${scratch.at('nowhere')} is not the home of a node: it has no config/app.toml`)
  })
})

test.each([
  [['get'], 'write [client|app|cometbft] <key>: 0 of 1 are there'],
  [['set', 'node'], 'write [client|app|cometbft] <key> <value>: 1 of 2 are there'],
  [['list', 'clinet'], '"clinet" is none of the files client, app, cometbft'],
])('config %j says what it lacks', async (argv, problem) => {
  const { code, err } = await run('config', ...argv, ...at)
  expect(code).toBe(EXIT.usage)
  expect(err).toContain(problem)
})

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { genesisChainId } from './genesis-doc.ts'
import { homePaths, initHome, peerAddress, readHome, resetHome, socketPath } from './home.ts'
import { keyFromSeed, nodeId, nodeKeyJson, validatorAddress, validatorKeyJson } from './keys.ts'

const folders: string[] = []
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'wadi-home-'))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true })
})

const init = (home: string, more = {}) => initHome({ home, chainId: 'wadi-dev-1', ...more })

describe('keys', () => {
  // Made by `cometbft init` 0.38.25: priv_validator_key.json, and node_key.json with what `show-node-id` says of it.
  const validator = {
    address: '4203A7501AA4D3810EF53DAC16CDD4D1622A728F',
    pub_key: { type: 'tendermint/PubKeyEd25519', value: 'btPHeMPHQNCdEhhSk6o4cFsiXeID72pRUln/mv2P504=' },
    priv_key: {
      type: 'tendermint/PrivKeyEd25519',
      value: 'hCVbrC1pWDFBEvfdsSwG2q35romWCqWAQ0p34lhOmqlu08d4w8dA0J0SGFKTqjhwWyJd4gPvalFSWf+a/Y/nTg==',
    },
  }
  const seed = Buffer.from(validator.priv_key.value, 'base64').subarray(0, 32)

  test('a validator key is written as CometBFT writes it', () => {
    expect(validatorKeyJson(keyFromSeed(seed))).toEqual(validator)
  })

  test('a node id is the lower-case address of the node key', () => {
    const key = keyFromSeed(seed)
    expect(nodeId(key)).toBe(validatorAddress(key).toLowerCase())
    expect(nodeKeyJson(key)).toEqual({ priv_key: validator.priv_key })
  })
})

describe('a home', () => {
  test('is written once, its keys for the owner only, and read back', () => {
    const dir = folder()
    const home = init(dir, { ports: { rpc: 1000, p2p: 1001, rest: 1002, grpc: 1003 }, moniker: 'a "b"' })
    expect(readHome(dir)).toEqual(home)
    expect(home.moniker).toBe('a "b"')
    const { rest, grpc } = home.app
    expect([home.rpc, home.p2p, rest, grpc].map(({ port }) => port)).toEqual([1000, 1001, 1002, 1003])
    expect(genesisChainId(home.paths.genesis)).toBe('wadi-dev-1')
    expect(peerAddress(home)).toBe(`${home.nodeId}@127.0.0.1:1001`)
    for (const file of [home.paths.validatorKey, home.paths.nodeKey])
      expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('of before there was gRPC has it off', () => {
    const { paths } = init(folder())
    const [before = ''] = readFileSync(paths.appToml, 'utf8').split('# In plain HTTP/2')
    writeFileSync(paths.appToml, before)
    expect(readHome(paths.home).app).toMatchObject({ rest: { enabled: true }, grpc: { enabled: false } })
  })

  test('says how REST is set, and one of an older release has the defaults', () => {
    const dir = folder()
    const { paths, app } = init(dir)
    const written = readFileSync(paths.appToml, 'utf8')
    expect(app.rest).toMatchObject({
      cors: [],
      maxConnections: 4_096,
      maxConcurrent: 256,
      clientTimeoutMs: 30_000,
    })
    writeFileSync(paths.appToml, written.replace(/^# Web pages[\s\S]*?(?=^# In plain)/m, ''))
    expect(readHome(dir).app).toEqual(app)
    const set = written.replace('cors = []', 'cors = "*"').replace('-connections = 4096', '-connections = 5')
    writeFileSync(paths.appToml, set)
    expect(readHome(dir).app.rest).toMatchObject({ cors: ['*'], maxConnections: 5 })
    const origins = ['https://wallet.example', 'http://localhost:5173']
    writeFileSync(paths.appToml, written.replace('cors = []', `cors = ${JSON.stringify(origins)}`))
    expect(readHome(dir).app.rest.cors).toEqual(origins)
  })

  test('says where telemetry is, on this machine whatever its host, and off in one of an older release', () => {
    const dir = folder()
    const { paths, app } = init(dir, { host: '0.0.0.0', ports: { telemetry: 1005 } })
    const settings = { host: '127.0.0.1', port: 1005, maxBlockAgeSeconds: 60 }
    expect(app.telemetry).toEqual({ enabled: true, ...settings })
    const written = readFileSync(paths.appToml, 'utf8')
    writeFileSync(paths.appToml, written.replace(/^max-block-age = 60$/m, 'max-block-age = 300'))
    expect(readHome(dir).app.telemetry.maxBlockAgeSeconds).toBe(300)
    writeFileSync(paths.appToml, written.replace(/^max-block-age = 60$/m, 'max-block-age = 0'))
    expect(() => readHome(dir)).toThrow(
      /telemetry\.max-block-age must be a number of seconds, at least 1, not 0/,
    )
    writeFileSync(paths.appToml, written.replace(/^# \/metrics[\s\S]*/m, ''))
    expect(readHome(dir).app.telemetry.enabled).toBe(false)
  })

  test('is not written over', () => {
    const dir = folder()
    const key = readFileSync(init(dir).paths.validatorKey, 'utf8')
    expect(() => init(dir)).toThrow(/initialised already[\s\S]*another folder with --home/)
    expect(readFileSync(homePaths(dir).validatorKey, 'utf8')).toBe(key)
  })

  test('is not made with an unusable chain id or block time', () => {
    expect(() => init(folder(), { chainId: 'has space' })).toThrow(/"has space".*[\s\S]*wadi-dev-1/)
    expect(() => init(folder(), { blockTimeMs: 0 })).toThrow('block time 0 ms')
  })

  test('starts over with its keys, genesis and configuration', () => {
    const dir = folder()
    const { paths } = init(dir)
    const kept = [paths.validatorKey, paths.nodeKey, paths.genesis, paths.cometbftToml, paths.appToml]
    const before = kept.map((file) => readFileSync(file, 'utf8'))
    writeFileSync(join(paths.appData, 'log'), 'x')
    writeFileSync(paths.validatorState, '{"height":"7","round":0,"step":3}')
    resetHome(dir)
    expect(kept.map((file) => readFileSync(file, 'utf8'))).toEqual(before)
    expect(JSON.parse(readFileSync(paths.validatorState, 'utf8'))).toEqual({ height: '0', round: 0, step: 0 })
    expect(() => statSync(join(paths.appData, 'log'))).toThrow('ENOENT')
  })
})

describe('a damaged home', () => {
  test('that is not one is told apart from one with a file missing', () => {
    expect(() => readHome(folder())).toThrow(/is not the home of a node[\s\S]*wadi init/)
    const dir = folder()
    rmSync(init(dir).paths.nodeKey)
    expect(() => readHome(dir)).toThrow(/node_key\.json is missing/)
  })

  test.each([
    ['snapshot-interval = 1000', 'snapshot-interval = 0', /app\.toml: snapshot-interval must be .* not 0/],
    ['snapshot-interval = 1000', '', /app\.toml: snapshot-interval must be .* not undefined/],
    [
      'minimum-gas-prices = ""',
      'minimum-gas-price = ""',
      /app\.toml: minimum-gas-price is unknown; known here: min/,
    ],
    ['enable = true', 'enable = "yes"', /app\.toml: api\.enable must be true or false, not "yes"/],
    ['tcp://127.0.0.1:1317', 'nowhere', /app\.toml: api\.address must be an address .* not "nowhere"/],
    ['"127.0.0.1:9090"', '"nowhere"', /app\.toml: grpc\.address must be an address .* not "nowhere"/],
    ['[grpc]\nenable', '[grpc]\nenabled', /app\.toml: grpc\.enabled is unknown; known here: enable, address/],
    [
      'cors = []',
      'cors = ["wallet.example"]',
      /app\.toml: api\.cors must be a list of origins .*"\*", not \["wal/,
    ],
    ['cors = []', 'cors = ["https://a.b/path"]', /app\.toml: api\.cors must be/],
    ['cors = []', 'cors = true', /app\.toml: api\.cors must be/],
    [
      '-connections = 4096',
      '-connections = 0',
      /api\.max-open-connections must be a whole number above 0, not 0/,
    ],
    ['client-timeout = 30', 'client-timeout = 0.5', /api\.client-timeout must be/],
    ['cors = []', 'cor = []', /app\.toml: api\.cor is unknown; known here: enable, address, cors, max-open/],
    ['enable = true', 'enable = = true', /app\.toml: Invalid TOML document/],
  ])('app.toml with %s made %s is refused by file and key', (from, to, message) => {
    const dir = folder()
    const { appToml } = init(dir).paths
    writeFileSync(appToml, readFileSync(appToml, 'utf8').replace(from, to))
    expect(() => readHome(dir)).toThrow(message)
  })

  test('config.toml without an address is refused by its key', () => {
    const dir = folder()
    const { cometbftToml } = init(dir).paths
    writeFileSync(
      cometbftToml,
      readFileSync(cometbftToml, 'utf8').replace(/laddr = "tcp:\/\/127.0.0.1:26657"/, ''),
    )
    expect(() => readHome(dir)).toThrow(/config\.toml: rpc\.laddr must be a/)
  })
})

test('a socket path too long for the system moves to a private temporary folder, the same every time', () => {
  expect(socketPath('/short', 'abci.sock')).toBe('/short/abci.sock')
  const long = `/${'x'.repeat(100)}`
  const moved = socketPath(long, 'abci.sock')
  expect(moved).toBe(socketPath(long, 'abci.sock'))
  expect(moved).not.toBe(socketPath(`${long}y`, 'abci.sock'))
  expect(moved.startsWith(tmpdir())).toBe(true)
  expect(Buffer.byteLength(moved)).toBeLessThan(104)
})

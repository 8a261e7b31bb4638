import { existsSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nodeUrl } from './options.ts'
import { run, Scratch } from './testkit.ts'

const scratch = new Scratch('main')
const folder = scratch.path

describe('the command line', () => {
  test('shows the help of a command to those who ask with help before it', async () => {
    const { code, out } = await run('help', 'tx', 'bank', 'send')
    expect(code).toBe(0)
    expect(out).toContain('Usage: wadi tx bank send')
    expect(out).toBe((await run('tx', 'bank', 'send', '--help')).out)
  })

  test('says in the help of what a node refuses that it does', async () => {
    for (const name of ['tx-encode-amino', 'tx-decode-amino'])
      expect((await run('query', 'tx', name, '--help')).out, name).toContain('Not served here.')
  })

  test('gives an option to the command it stands behind, where one above it has the same', async () => {
    const { code, err } = await run('query', 'tx', 'get-tx', 'AB', '--output', 'xml')
    expect(code).toBe(2)
    expect(err).toContain("option '-o, --output <format>' argument 'xml' is invalid")
    // A field of a message may be called version.
    const { err: noNode } = await run(
      ...['query', 'asset', 'version', '--asset-id', '1', '--version', '1', '--node', 'http://127.0.0.1:1'],
    )
    expect(noNode).toContain('no node answers')
  })

  test('names the path that the file system refuses, without a stack', async () => {
    const recover = ['keys', 'add', 'a', '--recover', '--home', folder, '--mnemonic-file']
    const missing = scratch.at('missing')
    expect(await run(...recover, missing)).toEqual({
      code: 1,
      out: '',
      err: `wadi: ${missing} does not exist\n  - look whether the path is right\n`,
    })
    const file = scratch.at('file')
    writeFileSync(file, 'a file')
    const { err } = await run('init', '--template', 'devnet', '--home', `${file}/home`)
    expect(err).toBe(
      `wadi: ${`${file}/home`} leads through a file\n  - name a path whose upper parts are folders\n`,
    )
  })

  test('makes no home around half a genesis file', async () => {
    const file = scratch.at('genesis.json')
    const home = scratch.at('joined')
    writeFileSync(file, '{"chain_id": "a-1", "app_state"')
    const cut = await run('init', '--genesis', file, '--home', home)
    expect(cut).toMatchObject({ code: 1, err: expect.stringContaining(`${file}: `) })
    writeFileSync(file, '{"app_state": {}}')
    expect((await run('init', '--genesis', file, '--home', home)).err).toContain('it has no chain_id')
    expect(existsSync(home)).toBe(false)
  })

  test('knows the log levels of CometBFT', async () => {
    const { code, err } = await run('start', '--home', folder, '--log-level', 'loud')
    expect(code).toBe(2)
    expect(err).toContain('Allowed are none, error, info, debug')
    // By part of CometBFT it is taken, and the command goes on.
    const byPart = await run('start', '--home', folder, '--log-level', 'p2p:none,*:error')
    expect(byPart.code).toBe(1)
    expect(byPart.err).not.toContain('log-level')
  })
})

describe('the URL of a node', () => {
  test('may be written as Cosmos tools do, or without its protocol', () => {
    expect(nodeUrl('tcp://127.0.0.1:26658')).toBe('http://127.0.0.1:26658')
    expect(nodeUrl('localhost:26658')).toBe('http://localhost:26658')
    expect(nodeUrl('wss://rpc.example/x')).toBe('wss://rpc.example/x')
    expect(nodeUrl('')).toBe('http://127.0.0.1:26657')
  })

  test('is refused where no node can be behind it', () => {
    for (const text of ['ftp://a.example', 'http://', 'two words'])
      expect(() => nodeUrl(text), text).toThrow('It is no URL of an RPC')
  })
})

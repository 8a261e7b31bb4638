/** What has to be on the disk before something else happens to it: a machine may lose its power at any moment. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Scratch } from '../testkit.ts'
import { Keyring } from './keyring.ts'
import { multisigInfo } from './multisig.ts'

const scratch = new Scratch('durable')
const KEY = new Uint8Array(32).fill(7)

/** Syncs and removals as they happen, with paths below the scratch folder. */
let done: string[] = []
/** The path whose sync fails. */
let broken: string | undefined

beforeEach(() => {
  const paths = new Map<number, string>()
  const { openSync, fsyncSync, rmSync } = fs
  const below = (path: unknown) => String(path).slice(scratch.path.length + 1)
  vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
    const descriptor = openSync(path, ...rest)
    paths.set(descriptor, below(path))
    return descriptor
  })
  vi.spyOn(fs, 'fsyncSync').mockImplementation((descriptor) => {
    const path = paths.get(descriptor)
    done.push(`sync ${path}`)
    if (path === broken) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' })
    fsyncSync(descriptor)
  })
  vi.spyOn(fs, 'rmSync').mockImplementation((path, options) => {
    done.push(`remove ${below(path)}`)
    rmSync(path, options)
  })
  syncBuiltinESMExports()
})
afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
  done = []
  broken = undefined
})

const keyring = (home: string) => new Keyring('test', scratch.at(home), async () => '')

test('a key, and the folders made for it, are on the disk when it was added', async (context) => {
  if (process.platform === 'win32') context.skip('Windows syncs no folders')
  const keys = keyring('a/b')
  const { publicKey } = await keys.add('alice', KEY, 'secp256k1')
  const folder = 'a/b/keyring-test'
  expect(done).toEqual([`sync ${folder}/alice.json`, `sync ${folder}`, 'sync a/b', 'sync a', 'sync '])
  done = []
  const member = { algorithm: 'secp256k1' as const, publicKey }
  keys.addMultisig(multisigInfo('safe', 1, [member]))
  expect(done).toEqual([`sync ${folder}/safe.json`, `sync ${folder}`])
})

test('a key is on the disk under its new name before the old one goes', async (context) => {
  if (process.platform === 'win32') context.skip('Windows syncs no folders')
  const keys = keyring('c')
  const old = await keys.add('old', KEY, 'secp256k1')
  done = []
  keys.rename(old, 'new')
  const folder = 'c/keyring-test'
  expect(done).toEqual([`sync ${folder}/new.json`, `sync ${folder}`, `remove ${folder}/old.json`])
})

test.each(['d/keyring-test/new.json', 'd/keyring-test'])(
  'a key keeps its old name where %s does not get to the disk',
  async (path) => {
    const keys = keyring('d')
    const old = keys.find('old') ?? (await keys.add('old', KEY, 'secp256k1'))
    broken = path
    expect(() => keys.rename(old, 'new')).toThrow('EIO')
    expect(keys.list().map(({ name }) => name)).toEqual(['old'])
  },
)

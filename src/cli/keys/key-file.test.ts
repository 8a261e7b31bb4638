import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fromHex } from '#lib/bytes.ts'
import { EXIT } from '../exit-codes.ts'
import { run } from '../testkit.ts'
import { MAX_KEY_FILE_BYTES } from './key-file.ts'
import { Keyring } from './keyring.ts'

const PASSWORD = 'testpassword'
const BOB = '7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'

let folder = ''
let file = ''
let passwordFile = ''

/** A keyring with two keys, one of which things happen to. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-key-files-'))
  file = join(folder, 'keyring-file', 'bob.json')
  passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o600 })
  const keyring = new Keyring('file', folder, async () => PASSWORD, 2 ** 10)
  await keyring.add('bob', fromHex(BOB), 'secp256k1')
  await keyring.add('carol', fromHex(`11${BOB.slice(2)}`), 'secp256k1')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const keys = (name: string, ...argv: string[]) =>
  run('keys', name, '--home', folder, '--password-file', passwordFile, ...argv)
const open = () => keys('export', 'bob', '--unarmored-hex')

async function refused(problem: string): Promise<void> {
  for (const { code, out, err } of [await keys('show', 'bob'), await open()]) {
    expect(err).toContain(`wadi: ${file}: `)
    expect(err).toContain(problem)
    expect([code, out]).toEqual([EXIT.locked, ''])
  }
  // The others are there as before, and the list says what it leaves out.
  const { code, out, err } = await keys('list', '-o', 'json')
  expect(code).toBe(EXIT.ok)
  expect(JSON.parse(out).map(({ name }: { name: string }) => name)).toEqual(['carol'])
  expect(err).toContain(`left out: ${file}: `)
}

describe('a key file', () => {
  test('is opened by its password', async () => {
    expect(await open()).toEqual({ code: 0, out: `${BOB}\n`, err: '' })
  })

  test('is not opened by another password, which is told without either', async () => {
    writeFileSync(passwordFile, 'wrong password')
    const { code, out, err } = await open()
    expect([code, out]).toEqual([EXIT.locked, ''])
    expect(err).toBe(`wadi: ${file}: the password does not open the key\n`)
  })

  test('that is damaged is told as no JSON', async () => {
    writeFileSync(file, `x${readFileSync(file, 'utf8')}`)
    await refused('it is no JSON')
  })

  test('that was cut off is told as such', async () => {
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 200))
    await refused('it is no JSON, or was cut off')
  })

  test('that is empty is told as such', async () => {
    writeFileSync(file, '')
    await refused('it is empty: restore it from a backup')
  })

  test('that is huge is not read', async () => {
    writeFileSync(file, ' '.repeat(MAX_KEY_FILE_BYTES + 1))
    await refused(`it has ${MAX_KEY_FILE_BYTES + 1} bytes, and a key file has at most ${MAX_KEY_FILE_BYTES}`)
  })

  test.each([
    ['null', 'it holds no JSON object'],
    ['[]', 'it holds no JSON object'],
    ['{}', 'it does not say which address it has'],
    ['{"wadi":{"algorithm":"rot13"}}', 'its algorithm "rot13" is none of secp256k1, ethsecp256k1'],
    ['{"wadi":{"algorithm":"secp256k1","publicKey":"02"}}', 'its public key is none'],
    ['{"wadi":{"algorithm":"secp256k1"}}', 'its public key is none'],
    ['{"wadi":{"algorithm":"multisig","members":5}}', 'its members are no public keys'],
  ])('that holds %s is told as no key', async (content, problem) => {
    writeFileSync(file, content)
    await refused(problem)
  })

  test('whose address is not that of its public key is not believed', async () => {
    const stored = JSON.parse(readFileSync(file, 'utf8'))
    const carol = JSON.parse(readFileSync(join(folder, 'keyring-file', 'carol.json'), 'utf8'))
    writeFileSync(file, JSON.stringify({ ...stored, wadi: { ...stored.wadi, address: carol.wadi.address } }))
    await refused(`not ${carol.wadi.address}`)
  })

  test('that others may read is not opened, as ssh does, and still shown', async (context) => {
    if (process.platform === 'win32') context.skip('rights are other ones on this system')
    for (const mode of [0o644, 0o640, 0o604, 0o660]) {
      chmodSync(file, mode)
      const { code, out, err } = await open()
      expect([code, out]).toEqual([EXIT.locked, ''])
      expect(err).toContain(
        `${file}: others may use it (its mode is 0${mode.toString(8)}), so it is not opened`,
      )
      expect(err).toContain(`\n  - chmod 600 ${file}\n`)
    }
    expect((await keys('show', 'bob', '--address')).code).toBe(EXIT.ok)
    chmodSync(file, 0o400)
    expect((await open()).code).toBe(EXIT.ok)
  })

  test('may be a link to one, whose rights count; a link to nothing or to itself is told', async () => {
    const target = join(folder, 'elsewhere.json')
    writeFileSync(target, readFileSync(file, 'utf8'), { mode: 0o600 })
    rmSync(file)
    symlinkSync(target, file)
    expect((await open()).out).toBe(`${BOB}\n`)
    chmodSync(target, 0o644)
    expect((await open()).err).toContain('others may use it')
    rmSync(target)
    await refused('is a link to what does not exist')
    // Nothing is written through it.
    expect((await keys('import-hex', 'bob', BOB)).err).toContain('there is a key named bob already')
    rmSync(file)
    symlinkSync(file, file)
    await refused('it is a link that leads to itself')
  })

  test('is no folder', async () => {
    rmSync(file)
    mkdirSync(file)
    await refused('it is a folder, not a file')
  })

  test('whose name no key can have is left out and told', async () => {
    const odd = join(folder, 'keyring-file', 'a b.json')
    writeFileSync(odd, readFileSync(file, 'utf8'))
    const { out, err } = await keys('list', '--list-names')
    expect(out).toBe('bob\ncarol\n')
    expect(err).toContain(`left out: ${odd}: its name is none that a key may have`)
  })
})

describe('the name of a key', () => {
  test.each([
    '',
    ' ',
    'a b',
    '../bob',
    'a/b',
    '.hidden',
    '-dash',
    'é',
    'a\u0000b',
    'a\nb',
    '🔑',
    'x'.repeat(65),
  ])('cannot be %j', async (name) => {
    const { code, err } = await keys('import-hex', '--', name, `22${BOB.slice(2)}`)
    expect(code).toBe(EXIT.usage)
    expect(err).toContain(`${JSON.stringify(name)} is no name for a key`)
  })

  test.each(['a', '7', 'A.b_c-d', 'x'.repeat(64)])('may be %s', async (name) => {
    expect((await keys('import-hex', name, `22${BOB.slice(2)}`, '-o', 'json')).code).toBe(EXIT.ok)
    expect((await keys('show', name, '--address')).code).toBe(EXIT.ok)
  })

  test('that is not there is answered with the nearest', async () => {
    const { code, err } = await keys('show', 'bbo')
    expect(code).toBe(EXIT.notFound)
    expect(err).toContain('no key is named bbo')
    expect(err).toContain('Did you mean bob?')
  })
})

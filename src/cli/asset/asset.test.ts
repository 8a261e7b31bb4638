import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toHex, utf8 } from '#lib/bytes.ts'
import { digestFiles, fileSetDigest } from '../../client/model-digest.ts'
import { hashPath } from './hash.ts'
import { walkFiles } from './walk.ts'

const silent = { isTTY: false } as NodeJS.WriteStream

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-asset-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Writes files of a set. */
function files(contents: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const hash = (path = folder, ignore: readonly string[] = []) => hashPath(path, ignore, silent)

describe('the digest of a set of files', () => {
  test('is that of sha256sum over the raw digests, the names in the order of their bytes', async () => {
    files({ 'a.bin': 'hello', 'sub/b.txt': 'world', 'sub-c': 'x' })
    const { root, sizeBytes, files: digests } = await hash()
    // By hand, "-" being 2d and "/" 2f:
    //   printf hello | sha256sum   2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824  a.bin
    //   printf x | sha256sum       2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  sub-c
    //   printf world | sha256sum   486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7  sub/b.txt
    //   sha256sum a.bin sub-c sub/b.txt | cut -d' ' -f1 | xxd -r -p | sha256sum
    expect(toHex(root)).toBe('5e59c95c0f5c7c1078e962acae389c517b8a4839bc3917cbca2ab0692e5cd838')
    expect(digests.map(({ name }) => name)).toEqual(['a.bin', 'sub-c', 'sub/b.txt'])
    expect(sizeBytes).toBe(11n)
  })

  test('orders names by UTF-8 bytes, where JavaScript would order them by UTF-16 units', () => {
    const digest = { size: 1n, sha256: new Uint8Array(32) }
    // U+FB01 is ef ac 81 in UTF-8, U+1F600 is f0 9f 98 80; in UTF-16 the second begins with d83d.
    const { files: ordered } = fileSetDigest([
      { name: '\u{1f600}', ...digest },
      { name: '\ufb01', ...digest },
    ])
    expect(ordered.map(({ name }) => name)).toEqual(['\ufb01', '\u{1f600}'])
  })

  test('of one file is the digest of its digest, whatever it is called', async () => {
    files({ 'only.bin': 'hello' })
    //   printf hello | sha256sum | cut -d' ' -f1 | xxd -r -p | sha256sum
    const expected = '9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50'
    expect(toHex((await hash(join(folder, 'only.bin'))).root)).toBe(expected)
    expect(toHex((await hash()).root)).toBe(expected)
  })

  test('is the same with the portable SHA-256, from any source', async () => {
    const source = (name: string, text: string) => ({
      name,
      chunks: () => [utf8(text.slice(0, 2)), utf8(text.slice(2))],
    })
    const { root } = await digestFiles([
      source('sub-c', 'x'),
      source('a.bin', 'hello'),
      source('sub/b.txt', 'world'),
    ])
    expect(toHex(root)).toBe('5e59c95c0f5c7c1078e962acae389c517b8a4839bc3917cbca2ab0692e5cd838')
  })

  test('refuses no files, a name twice, and names that leave the set', async () => {
    await expect(hash()).rejects.toThrow('the set holds no files')
    const digest = { size: 1n, sha256: new Uint8Array(32) }
    expect(() =>
      fileSetDigest([
        { name: 'a', ...digest },
        { name: 'a', ...digest },
      ]),
    ).toThrow('"a" stands twice')
    for (const name of ['../a', '/a', 'a//b', './a', '']) {
      expect(() => fileSetDigest([{ name, ...digest }]), name).toThrow('is no name of a file')
    }
  })
})

describe('walking a folder', () => {
  test('leaves out what OpenSSF Model Signing does, at the root only, and what is asked for', () => {
    files({
      '.git/HEAD': 'x',
      '.gitattributes': 'x',
      'model.sig': 'x',
      'sub/.gitignore': 'x',
      'a.bin': 'x',
      'tmp/b': 'x',
    })
    const { files: found, ignored } = walkFiles(folder, ['./tmp/'])
    expect(found.map(({ name }) => name).toSorted()).toEqual(['a.bin', 'sub/.gitignore'])
    expect([...ignored].toSorted()).toEqual(['.git', '.gitattributes', 'model.sig', 'tmp'])
  })

  test('names what was to be left out and is not there, but not what lies in a folder that is left out', () => {
    files({ 'a.bin': 'x', 'tmp/b': 'x' })
    expect(walkFiles(folder, ['tmp', 'tmp/b', '*.bin', './a.bim/', 'a']).unmatched).toEqual([
      '*.bin',
      'a.bim',
      'a',
    ])
    expect(walkFiles(join(folder, 'a.bin'), ['a.bin']).unmatched).toEqual(['a.bin'])
  })

  test('says on the standard error that a name left nothing out', async () => {
    files({ 'a.bin': 'hello', 'b.bin': 'x' })
    let said = ''
    const stderr = { isTTY: false, write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream
    const { files: left } = await hashPath(folder, ['b.bin', 'c.bin'], stderr)
    expect(left.map(({ name }) => name)).toEqual(['a.bin'])
    expect(said).toBe(
      `nothing in ${folder} is named c.bin, so --ignore c.bin leaves nothing out\n` +
        '  - write whole paths from the folder on, as weights/old.bin; * stands for nothing but itself\n',
    )
  })

  test('takes a link within the folder as what it points to', async () => {
    files({ 'a.bin': 'hello' })
    const alone = await hash()
    symlinkSync('a.bin', join(folder, 'b.bin'))
    const linked = await hash()
    expect(linked.files.map(({ name, sha256 }) => [name, toHex(sha256)])).toEqual([
      ['a.bin', toHex(alone.files[0]?.sha256 as Uint8Array)],
      ['b.bin', toHex(alone.files[0]?.sha256 as Uint8Array)],
    ])
  })

  test('names the path and the fix of what it refuses', async () => {
    await expect(hash(join(folder, 'absent'))).rejects.toMatchObject({
      name: 'PathError',
      code: 'not-found',
      path: join(folder, 'absent'),
    })
    files({ 'a/x': 'x', 'b/x': 'x' })
    symlinkSync('..', join(folder, 'a/up'))
    await expect(hash()).rejects.toMatchObject({ code: 'symlink-loop', path: join(folder, 'a/up') })
    rmSync(join(folder, 'a/up'))

    symlinkSync('../b', join(folder, 'a/other'))
    symlinkSync('../a', join(folder, 'b/other'))
    await expect(hash()).rejects.toMatchObject({ code: 'symlink-loop' })
    rmSync(join(folder, 'a/other'))
    rmSync(join(folder, 'b/other'))

    symlinkSync('self', join(folder, 'self'))
    await expect(hash()).rejects.toMatchObject({ code: 'symlink-loop', path: join(folder, 'self') })
    rmSync(join(folder, 'self'))

    symlinkSync(tmpdir(), join(folder, 'out'))
    await expect(hash()).rejects.toMatchObject({ code: 'link-out-of-tree', path: join(folder, 'out') })
    rmSync(join(folder, 'out'))

    symlinkSync('nowhere', join(folder, 'dangling'))
    await expect(hash()).rejects.toMatchObject({ code: 'not-found', path: join(folder, 'dangling') })
    rmSync(join(folder, 'dangling'))

    const server = createServer()
    await new Promise<void>((done) => server.listen(join(folder, 'socket'), done))
    await expect(hash()).rejects.toMatchObject({ code: 'not-a-file', path: join(folder, 'socket') })
    server.close()
  })
})

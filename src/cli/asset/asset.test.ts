import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toHex, utf8 } from '#lib/bytes.ts'
import type { JsonObject } from '#lib/proto-json.ts'
import { digestFiles, fileSetDigest } from '../../client/model-digest.ts'
import type { RunContext } from '../context.ts'
import { readCard, relationOf, spdxOf } from './card.ts'
import { hashPath } from './hash.ts'
import { completeFromPath } from './register.ts'
import { walkFiles } from './walk.ts'

/** What the commands write to. */
function sink(): NodeJS.WriteStream & { text: string } {
  const stream = new Writable({
    write(chunk, _, done) {
      result.text += String(chunk)
      done()
    },
  })
  const result = Object.assign(stream, { text: '' }) as unknown as NodeJS.WriteStream & { text: string }
  return result
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-asset-'))
})
afterEach(() => {
  execFileSync('chmod', ['-R', 'u+rwx', folder])
  rmSync(folder, { recursive: true, force: true })
})

/** Writes files of a set. */
function files(contents: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const hash = (path = folder, ignore: readonly string[] = []) => hashPath(path, ignore, sink())

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

    execFileSync('mkfifo', [join(folder, 'pipe')])
    await expect(hash()).rejects.toMatchObject({ code: 'not-a-file', path: join(folder, 'pipe') })
  })

  // Whoever may read everything is refused nothing.
  test.skipIf(process.getuid?.() === 0)('names a file that may not be read', async () => {
    files({ 'a.bin': 'x' })
    chmodSync(join(folder, 'a.bin'), 0)
    await expect(hash()).rejects.toMatchObject({ code: 'unreadable', path: join(folder, 'a.bin') })
  })
})

describe('a model card', () => {
  const head = (text: string) => readCard(`---\n${text}\n---\n# Title`)

  test('says licence, base models and datasets, one or several', () => {
    expect(head('license: apache-2.0\nbase_model: acme/base\ndatasets:\n- a/b\n- c/d')).toEqual({
      license: 'apache-2.0',
      licenseName: undefined,
      baseModels: ['acme/base'],
      baseModelRelation: undefined,
      datasets: ['a/b', 'c/d'],
    })
    expect(readCard('# No head')).toBeUndefined()
    expect(() => head('license: [')).toThrow("the card's head is not YAML")
    expect(() => head('base_model: 7')).toThrow('base_model: "7" is not a text')
  })

  test('of several base models is a merge, of one a finetune, unless it says otherwise', () => {
    const relation = (text: string) => relationOf(head(text) as NonNullable<ReturnType<typeof head>>)
    expect(relation('base_model: a')).toBe('RELATION_FINETUNE')
    expect(relation('base_model: [a, b]')).toBe('RELATION_MERGE')
    expect(relation('base_model: a\nbase_model_relation: quantized')).toBe('RELATION_QUANTIZED')
    expect(() => relation('base_model: a\nbase_model_relation: cousin')).toThrow(
      '"cousin" is none of finetune',
    )
  })

  test("has the hub's licence names in SPDX spelling", () => {
    // Left: the hub's identifiers. Right: the SPDX licence list.
    const pairs = {
      'apache-2.0': 'Apache-2.0',
      mit: 'MIT',
      'cc-by-nc-sa-4.0': 'CC-BY-NC-SA-4.0',
      'cc0-1.0': 'CC0-1.0',
      'bsd-3-clause': 'BSD-3-Clause',
      'gpl-3.0': 'GPL-3.0-only',
      'lgpl-2.1': 'LGPL-2.1-only',
      'mpl-2.0': 'MPL-2.0',
      'cdla-permissive-2.0': 'CDLA-Permissive-2.0',
    }
    for (const [hub, spdx] of Object.entries(pairs)) expect(spdxOf(hub)).toBe(spdx)
    expect(spdxOf('other')).toBeUndefined()
    expect(spdxOf('llama3')).toBeUndefined()
  })
})

describe('a registration from a path', () => {
  const fields = ['kind', 'slug', 'metadata', 'license', 'data_use', 'content', 'parents']

  async function complete(
    message: JsonObject,
    given = fields,
  ): Promise<{ message: JsonObject; told: string }> {
    const stderr = sink()
    await completeFromPath(message, { context: { stderr } as unknown as RunContext, options: {}, fields: given }, folder)
    return { message, told: stderr.text }
  }

  test('takes digest, kind, licence, metadata and parents, and says so', async () => {
    files({
      'README.md':
        '---\nlicense: mit\nbase_model: wadi:12/3\nbase_model_relation: adapter\ndatasets: a/b\n---\n',
      'adapter_config.json': '{}',
      'adapter_model.safetensors': 'x',
    })
    const { message, told } = await complete({ slug: 'mine' })
    expect(message).toMatchObject({
      slug: 'mine',
      kind: 'ASSET_KIND_ADAPTER',
      license: { expression: 'MIT' },
      metadata: { media_type: 'text/markdown' },
      parents: [{ asset_id: '12', version: 3, relation: 'RELATION_ADAPTER' }],
      content: { scheme: 'DIGEST_SCHEME_OMS_FILES_V1', file_count: 3 },
      data_use: {
        train: 'PERMISSION_CONSTRAINED',
        mine: 'PERMISSION_CONSTRAINED',
        infer: 'PERMISSION_CONSTRAINED',
      },
    })
    expect(told).toContain('the card names a/b (TRAINED_ON)')
    expect(told).toContain('licence MIT')
  })

  test('leaves what the command line says, and what the message does not have', async () => {
    files({ 'README.md': '---\nlicense: mit\n---\n', 'model.safetensors': 'x' })
    const given = {
      kind: 'ASSET_KIND_AGENT',
      license: { expression: 'Apache-2.0' },
      data_use: { infer: 'PERMISSION_ALLOWED' },
    }
    const { message } = await complete(given)
    expect(message).toMatchObject({
      kind: 'ASSET_KIND_AGENT',
      license: { expression: 'Apache-2.0' },
      data_use: { train: 'PERMISSION_CONSTRAINED', infer: 'PERMISSION_ALLOWED' },
    })
    expect(Object.keys((await complete({}, ['content', 'parents'])).message)).toEqual(['content'])
    await expect(complete({ content: { root_digest: 'AA==' } })).rejects.toThrow('exclude each other')
  })

  test('takes the text of a licence without SPDX name from its file, and asks for one where there is none', async () => {
    files({ 'README.md': '---\nlicense: other\nlicense_name: acme v1\n---\n', LICENSE: 'hello' })
    const { message } = await complete({})
    // printf hello | sha256sum | xxd -r -p | base64
    expect(message).toMatchObject({
      license: {
        expression: 'LicenseRef-acme-v1',
        text_digest: 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=',
      },
    })
    rmSync(join(folder, 'LICENSE'))
    expect((await complete({})).told).toContain('say --license.expression')
  })
})

describe('the example model', () => {
  test('is what its script makes, and a true safetensors file', async () => {
    const { exampleFiles, exampleModel } = await import('../../../scripts/example-model.ts')
    for (const [name, bytes] of exampleFiles()) {
      expect(
        readFileSync(join(exampleModel, name)).equals(bytes),
        `${name}: run node scripts/example-model.ts`,
      ).toBe(true)
    }
    const file = readFileSync(join(exampleModel, 'model.safetensors'))
    const length = Number(file.readBigUInt64LE())
    const header = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<
      string,
      { data_offsets: number[] }
    >
    const ends = Object.values(header).flatMap(({ data_offsets }) => data_offsets ?? [])
    // 131 numbers of four bytes, from the end of the header to the end of the file.
    expect(Math.max(...ends)).toBe(4 * 131)
    expect(file.length).toBe(8 + length + 4 * 131)
    expect(walkFiles(exampleModel).files).toHaveLength(3)
  })
})

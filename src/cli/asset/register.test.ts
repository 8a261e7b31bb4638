import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '#lib/proto-json.ts'
import type { RunContext } from '../context.ts'
import { readCard, relationOf, spdxOf } from './card.ts'
import { completeFromPath } from './register.ts'
import { walkFiles } from './walk.ts'

/** What a command writes to. */
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
  folder = mkdtempSync(join(tmpdir(), 'wadi-card-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Writes files of a set. */
function files(contents: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

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
    const context = { stderr } as unknown as RunContext
    await completeFromPath(message, { context, options: {}, fields: given }, folder)
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

  test('takes a licence without SPDX name from its file, and asks for one where there is none', async () => {
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

import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { toBase64, toHex } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import type { JsonObject, JsonValue } from '#lib/proto-json.ts'
import { UsageError } from '../errors.ts'
import { place, valueAt } from '../flags/request.ts'
import type { ExtraRun } from '../tx/extras.ts'
import { type ModelCard, readCard, relationOf, spdxOf } from './card.ts'
import { hashPath, type PathDigest } from './hash.ts'

const WEIGHTS = /\.(?:safetensors|gguf|onnx|pt|pth|bin|ckpt|h5|msgpack|tflite)$/

/**
 * Fills in what a registration needs from a folder or file: its digest, size and number of files; from a model card the
 * metadata, licence and parents. What the command line says already stays. Everything taken is told on the standard
 * error.
 */
export async function completeFromPath(message: JsonObject, run: ExtraRun, path: string): Promise<void> {
  if (valueAt(message, ['content', 'root_digest']) !== undefined) {
    throw new UsageError(
      '--path and --content.root-digest exclude each other: the digest follows from the path',
    )
  }
  const ignore = (run.options['ignore'] as readonly string[] | undefined) ?? []
  const digest = await hashPath(path, ignore, run.context.stderr)
  const notes: string[] = []
  const take = (name: string, value: JsonValue, note: string) => {
    const at = name.split('.')
    const known = run.fields.includes(at[0] ?? '') && valueAt(message, at) === undefined
    if (!known) return
    place(message, at, value)
    notes.push(note)
  }
  takeContent(take, digest)
  takeCard(take, path, digest, notes)
  takeRest(take, path, digest)
  if (run.fields.includes('license') && valueAt(message, ['license', 'expression']) === undefined)
    notes.push('no licence was found: say --license.expression, as Apache-2.0 or NOASSERTION')
  run.context.stderr.write(`Taken from ${path}:\n${notes.map((note) => `  ${note}\n`).join('')}`)
}

type Take = (name: string, value: JsonValue, note: string) => void

function takeContent(take: Take, { root, sizeBytes, files, found }: PathDigest): void {
  take('content.scheme', 'DIGEST_SCHEME_OMS_FILES_V1', 'digest by OpenSSF Model Signing, method "files"')
  take('content.root_digest', toBase64(root), `root digest ${toHex(root)}`)
  take('content.size_bytes', sizeBytes.toString(), `${sizeBytes} bytes`)
  const out = found.ignored.length === 0 ? '' : `, without ${found.ignored.join(', ')}`
  take('content.file_count', files.length, `${files.length} ${files.length === 1 ? 'file' : 'files'}${out}`)
}

function takeCard(take: Take, path: string, digest: PathDigest, notes: string[]): void {
  const readme = digest.files.find(({ name }) => name === 'README.md')
  if (readme === undefined) return
  take(
    'metadata',
    { media_type: 'text/markdown', digest: toBase64(readme.sha256) },
    `metadata: README.md, sha256 ${toHex(readme.sha256)}`,
  )
  const card = readCard(readFileSync(join(path, 'README.md'), 'utf8'))
  if (card === undefined) return
  takeLicense(take, path, card, digest, notes)
  takeParents(take, card, notes)
}

function takeLicense(take: Take, path: string, card: ModelCard, digest: PathDigest, notes: string[]): void {
  const { license, licenseName } = card
  if (license === undefined) return
  const expression = spdxOf(license)
  if (expression !== undefined) {
    take('license.expression', expression, `licence ${expression} (card: ${license})`)
    return
  }
  const file = digest.files.find(({ name }) => /^LICEN[CS]E(?:\.(?:md|txt))?$/.test(name))
  if (file === undefined) {
    notes.push(
      `the card's licence ${license} has no SPDX name and there is no LICENSE file: say --license.expression`,
    )
    return
  }
  const reference = `LicenseRef-${(licenseName ?? license).replaceAll(/[^a-zA-Z0-9.-]+/g, '-')}`
  const text = toBase64(sha256(readFileSync(join(path, file.name))))
  take(
    'license',
    { expression: reference, text_digest: text },
    `licence ${reference}, its text in ${file.name}`,
  )
}

/** `wadi:12/3` in a card is version 3 of asset 12; names on other hubs cannot be looked up on the chain. */
const ON_CHAIN = /^wadi:(\d{1,20})\/(\d{1,10})$/

function takeParents(take: Take, card: ModelCard, notes: string[]): void {
  const named = [
    ...card.baseModels.map((name) => ({ name, relation: relationOf(card) })),
    ...card.datasets.map((name) => ({ name, relation: 'RELATION_TRAINED_ON' })),
  ]
  const parents: JsonObject[] = []
  for (const { name, relation } of named) {
    const [, asset, version] = ON_CHAIN.exec(name) ?? []
    if (asset !== undefined && version !== undefined) {
      parents.push({ asset_id: asset, version: Number(version), relation })
      continue
    }
    const short = relation.slice('RELATION_'.length)
    notes.push(
      `the card names ${name} (${short}): if it is on the chain, add --parents asset_id=…,version=…,relation=${short}`,
    )
  }
  const text = parents
    .map((parent) => `${parent['asset_id']}/${parent['version']} ${parent['relation']}`)
    .join(', ')
  if (parents.length > 0) take('parents', parents, `parents ${text}`)
}

function takeRest(take: Take, path: string, { files }: PathDigest): void {
  const slug = basename(resolve(path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 64)
  if (slug !== '') take('slug', slug, `slug ${slug}`)
  const adapter = files.some(({ name }) => name === 'adapter_config.json')
  if (adapter) take('kind', 'ASSET_KIND_ADAPTER', 'kind ADAPTER (adapter_config.json)')
  else if (files.some(({ name }) => WEIGHTS.test(name)))
    take('kind', 'ASSET_KIND_MODEL', 'kind MODEL (it holds weights)')
  // What is permitted is never taken back, so nothing is permitted unless it is said.
  for (const use of ['train', 'mine', 'infer']) {
    take(
      `data_use.${use}`,
      'PERMISSION_CONSTRAINED',
      `data use: ${use} CONSTRAINED (--data-use.${use} says otherwise)`,
    )
  }
}

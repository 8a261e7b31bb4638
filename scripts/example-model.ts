/**
 * Writes `examples/model`: a small model as one finds it on a hub. A real safetensors file (a multilayer perceptron
 * of 4 inputs, 16 hidden units and 3 classes), its configuration, and a model card. The same bytes every time.
 *
 * Run it with: node scripts/example-model.ts
 */

import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the example lives. */
export const exampleModel = join(dirname(dirname(fileURLToPath(import.meta.url))), 'examples/model')

const shapes = {
  'layers.0.bias': [16],
  'layers.0.weight': [16, 4],
  'layers.1.bias': [3],
  'layers.1.weight': [3, 16],
} as const

/** The files of the example by name. */
export function exampleFiles(): ReadonlyMap<string, Uint8Array> {
  const encoder = new TextEncoder()
  return new Map([
    ['README.md', encoder.encode(card)],
    ['config.json', encoder.encode(`${JSON.stringify(config, null, 2)}\n`)],
    ['model.safetensors', safetensors()],
  ])
}

/**
 * The safetensors format: eight bytes with the length of the header, the header in JSON padded with blanks to a
 * multiple of eight, the tensors one after the other in little-endian float32.
 */
function safetensors(): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  const parts: Buffer[] = []
  let at = 0
  for (const [name, shape] of Object.entries(shapes)) {
    const data = tensor(
      name,
      shape.reduce((product, length) => product * length, 1),
    )
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + data.length] }
    parts.push(data)
    at += data.length
  }
  const text = JSON.stringify(header)
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8, ' '))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))
  return Buffer.concat([length, padded, ...parts])
}

/** Weights between -0.5 and 0.5 that follow from the tensor's name. */
function tensor(name: string, count: number): Buffer {
  const data = Buffer.alloc(4 * count)
  for (let i = 0; i < count; i++) {
    const random = createHash('sha256').update(`${name}/${i}`).digest().readUInt32LE()
    data.writeFloatLE(random / 2 ** 32 - 0.5, 4 * i)
  }
  return data
}

const config = {
  architectures: ['TinyClassifier'],
  model_type: 'tiny-classifier',
  hidden_act: 'relu',
  hidden_size: 16,
  input_size: 4,
  num_labels: 3,
  id2label: { 0: 'setosa', 1: 'versicolor', 2: 'virginica' },
  torch_dtype: 'float32',
}

const card = `---
license: apache-2.0
language: en
pipeline_tag: tabular-classification
tags:
  - example
datasets:
  - scikit-learn/iris
model-index:
  - name: tiny-classifier
    results: []
---

# Tiny classifier

Two layers that tell three kinds of iris apart by four measurements. It was never trained: its weights follow from a
hash, so that everybody makes the same file. It shows what a registration takes from a folder as one finds it on a hub.

| file | what |
|---|---|
| \`model.safetensors\` | the weights, 131 numbers in float32 |
| \`config.json\` | the architecture |
| \`README.md\` | this card |
`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(exampleModel, { recursive: true })
  for (const [name, bytes] of exampleFiles()) writeFileSync(join(exampleModel, name), bytes)
}

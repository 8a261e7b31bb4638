import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  createFileRegistry,
  type DescField,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { beforeAll, describe, expect, test } from 'vitest'

// Three codecs see the same samples: ours (generated), cosmjs-types (telescope, the clients' side), and protobuf-es,
// which knows nothing but the descriptors. Whatever one of them writes the others must read and write back equally.

interface Codec {
  readonly $type?: string
  readonly typeUrl?: string
  encode(message: unknown): { finish(): Uint8Array }
  decode(bytes: Uint8Array): Record<string, unknown>
  fromPartial(object: unknown): unknown
}

const root = join(import.meta.dirname, '..')
const require = createRequire(import.meta.url)
const none = new Uint8Array()

const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(join(root, 'src/gen/image.binpb'))),
)
const theirs = cosmjsTypes()
let ours: Map<string, Codec>

beforeAll(async () => {
  ours = await generated()
})

describe('generated code', () => {
  test('has a codec for every message of the image that is not about options', () => {
    const wanted = [...messages(registry)].map((m) => m.typeName).filter((name) => !isOption(name))
    expect([...ours.keys()].sort(byBytes)).toEqual(wanted.sort(byBytes))
  })

  test('reads and writes every message as the descriptors say', () => {
    let samples = 0
    for (const [name, codec] of ours) {
      for (const { label, bytes } of samplesOf(name, () => false)) {
        const decoded = codec.decode(bytes)
        expect(hex(codec.encode(decoded).finish()), `${name} (${label}) decoded and encoded`).toBe(hex(bytes))
        expect(hex(codec.encode(codec.fromPartial(decoded)).finish()), `${name} (${label}) copied`).toBe(
          hex(bytes),
        )
        samples++
      }
    }
    expect(samples).toBeGreaterThan(10 * ours.size)
  })

  test('keeps an enum number that has no name', () => {
    const check = ours.get('tendermint.abci.RequestCheckTx') as Codec
    expect(check.decode(Uint8Array.of(0x10, 99))).toEqual({ tx: none, type: 99 })
  })
})

describe('cosmjs-types', () => {
  const shared = () => [...ours.keys()].filter((name) => theirs.has(name))

  test('shares these many messages with us', () => {
    expect(shared().length).toBe(252)
  })

  test('lacks only these of our messages outside wadi.* and of those that gRPC defines', () => {
    const elsewhere = (name: string) => name.startsWith('wadi.') || name.startsWith('grpc.')
    const missing = [...ours.keys()].filter((name) => !theirs.has(name) && !elsewhere(name))
    console.log(`without a counterpart in cosmjs-types: ${missing.join(', ')}`)
    expect(missing.sort(byBytes)).toEqual([
      'cosmos.evm.crypto.v1.ethsecp256k1.PrivKey',
      'cosmos.evm.crypto.v1.ethsecp256k1.PubKey',
      'tendermint.libs.bits.BitArray',
    ])
  })

  test('knows the same fields of every shared message', () => {
    for (const name of shared()) {
      const fields = (codec: Codec | undefined) => Object.keys(codec?.decode(none) ?? {}).sort(byBytes)
      expect(fields(ours.get(name)), name).toEqual(fields(theirs.get(name)))
    }
  })

  test('reads and writes the same bytes for every shared message', () => {
    let samples = 0
    for (const name of shared()) {
      const our = ours.get(name) as Codec
      const their = theirs.get(name) as Codec
      for (const { label, bytes } of samplesOf(name, alwaysWritten)) {
        const fromOurs = our.encode(our.decode(bytes)).finish()
        const fromTheirs = their.encode(their.decode(bytes)).finish()
        expect(hex(fromTheirs), `${name} (${label}) ours to theirs`).toBe(hex(fromOurs))
        expect(hex(fromOurs), `${name} (${label}) by the descriptors`).toBe(hex(bytes))
        const back = our.encode(our.fromPartial(their.decode(fromOurs))).finish()
        expect(hex(back), `${name} (${label}) theirs to ours`).toBe(hex(fromTheirs))
        const forth = their.encode(their.fromPartial(our.decode(fromTheirs))).finish()
        expect(hex(forth), `${name} (${label}) our object in theirs`).toBe(hex(fromTheirs))
        samples++
      }
    }
    expect(samples).toBeGreaterThan(10 * shared().length)
  })
})

/** Messages that describe options have no code: they are read through the descriptors. */
function isOption(name: string): boolean {
  return /^(cosmos_proto|google\.api)\./.test(name) || isDescriptor(name)
}

function isDescriptor(name: string): boolean {
  return registry.getMessage(name)?.file.proto.name === 'google/protobuf/descriptor.proto'
}

/** The codecs of src/gen by full name. */
async function generated(): Promise<Map<string, Codec>> {
  const codecs = new Map<string, Codec>()
  for (const path of walk(join(root, 'src/gen'), '.ts')) {
    const module: Record<string, unknown> = await import(/* @vite-ignore */ pathToFileURL(path).href)
    for (const value of Object.values(module)) {
      if (isCodec(value) && value.$type !== undefined) codecs.set(value.$type, value)
    }
  }
  return codecs
}

/** The codecs of cosmjs-types by full name; nested messages stand there as Outer_Inner. */
function cosmjsTypes(): Map<string, Codec> {
  const folder = join(root, 'node_modules/cosmjs-types')
  const codecs = new Map<string, Codec>()
  for (const path of walk(folder, '.js')) {
    const module: Record<string, unknown> = require(
      `cosmjs-types/${relative(folder, path).slice(0, -'.js'.length)}`,
    )
    for (const [name, value] of Object.entries(module)) {
      if (isCodec(value)) codecs.set(`${module['protobufPackage']}.${name.replaceAll('_', '.')}`, value)
    }
  }
  return codecs
}

function isCodec(value: unknown): value is Codec {
  return typeof value === 'object' && value !== null && 'encode' in value && 'decode' in value
}

function walk(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path))
    .sort(byBytes)
}

function* messages(files: FileRegistry): Iterable<DescMessage> {
  for (const type of files) if (type.kind === 'message' && !type.proto.options?.mapEntry) yield type
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/**
 * cosmjs-types writes some message fields even when they are unset, as Go does, and packed lists even when they are
 * empty. Such a field is filled in every sample, so that its presence is not what is compared.
 */
function alwaysWritten(field: DescField): boolean {
  if (!theirs.has(field.parent.typeName)) return false
  if (field.fieldKind === 'list') return field.packed
  return (
    field.fieldKind === 'message' &&
    theirs.get(field.parent.typeName)?.decode(none)[field.localName] !== undefined
  )
}

interface Sample {
  readonly label: string
  readonly bytes: Uint8Array
}

type Required = (field: DescField) => boolean

/** Samples of a message: empty, extremes, every member of every oneof, and some at random. */
function samplesOf(name: string, required: Required): Sample[] {
  const message = registry.getMessage(name) as DescMessage
  const sample = (label: string, choose: Choice): Sample => ({
    label,
    bytes: toBinary(message, fill(message, choose, 0, required).message),
  })
  const members = message.oneofs.flatMap((oneof) => oneof.fields)
  return [
    sample('empty', new Choice('none', 0)),
    sample('least', new Choice('least', 0)),
    sample('most', new Choice('most', 0)),
    ...members.map((field) => sample(`member ${field.name}`, new Choice('most', 0, field))),
    ...Array.from({ length: 8 }, (_, seed) => sample(`seed ${seed}`, new Choice('random', seed))),
  ]
}

const deepest = 5

function fill(message: DescMessage, choice: Choice, depth: number, required: Required): ReflectMessage {
  const filled = reflect(message)
  const chosen = new Set(message.oneofs.map((oneof) => choice.member(oneof.fields)))
  for (const field of message.fields) {
    const forced = required(field)
    const wanted = field.oneof === undefined ? choice.present() : chosen.has(field)
    if (!forced && (!wanted || (depth >= deepest && isMessage(field)))) continue
    const value = () => sampleOf(field, choice, depth + 1, required)
    if (field.fieldKind === 'list') {
      const list = filled.get(field)
      for (let n = Math.max(choice.length(), forced ? 1 : 0); n > 0; n--) list.add(value())
    } else filled.set(field, value())
  }
  return filled
}

function isMessage(field: DescField): boolean {
  return field.message !== undefined
}

function sampleOf(field: DescField, choice: Choice, depth: number, required: Required): unknown {
  if (field.message !== undefined) return fill(field.message, choice, depth, required)
  if (field.enum !== undefined) return choice.of([...field.enum.values.map((v) => v.number), 99])
  return choice.of(scalars[field.scalar as ScalarType] ?? fail(`no samples for the type of ${field}`))
}

function fail(why: string): never {
  throw new Error(why)
}

const uint32 = [0, 1, 127, 128, 2 ** 31, 2 ** 32 - 1]
const int32 = [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1]
const uint64 = [0n, 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]
const int64 = [-(2n ** 63n), -1n, 0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n]

/** Values of each type, the least first and the most last. */
const scalars: Partial<Record<ScalarType, readonly unknown[]>> = {
  [ScalarType.BOOL]: [false, true],
  [ScalarType.UINT32]: uint32,
  [ScalarType.INT32]: int32,
  [ScalarType.UINT64]: uint64,
  [ScalarType.INT64]: int64,
  [ScalarType.STRING]: ['', 'a', '\u0000', 'ünï', '𝔴𝔞𝔡𝔦', 'wadi'.repeat(100)],
  [ScalarType.BYTES]: [
    none,
    Uint8Array.of(0),
    Uint8Array.of(0xff, 0x80, 0x00),
    new Uint8Array(300).fill(0xa5),
  ],
}

/** Decides what a sample holds. The random kind is the same in every run. */
class Choice {
  readonly kind: 'none' | 'least' | 'most' | 'random'
  readonly wantedMember: DescField | undefined
  #state: number

  constructor(kind: 'none' | 'least' | 'most' | 'random', seed: number, wantedMember?: DescField) {
    this.kind = kind
    this.wantedMember = wantedMember
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0
  }

  present(): boolean {
    if (this.kind === 'random') return this.#below(4) > 0
    return this.kind !== 'none'
  }

  length(): number {
    if (this.kind === 'none') return 0
    return this.kind === 'random' ? this.#below(4) : 2
  }

  of<T>(values: readonly T[]): T {
    const at =
      this.kind === 'random' ? this.#below(values.length) : this.kind === 'most' ? values.length - 1 : 0
    return values[at] as T
  }

  member(fields: readonly DescField[]): DescField | undefined {
    if (this.kind === 'none') return undefined
    if (this.wantedMember !== undefined && fields.includes(this.wantedMember)) return this.wantedMember
    return this.of(fields)
  }

  /** xorshift32 */
  #below(bound: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % bound
  }
}

import { readFileSync } from 'node:fs'
import type { DescEnum, DescExtension, DescFile, DescMessage, DescService } from '@bufbuild/protobuf'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { registry } from '#lib/reflect.ts'

/** One proto file. */
interface ProtoFile {
  readonly name: string
  readonly imports: readonly string[]
  /** Encoded `google.protobuf.FileDescriptorProto`, with its comments, as the compiler wrote it. */
  readonly bytes: Uint8Array
}

/** Where everything that proto/ declares is declared. */
export class Descriptors {
  readonly #files = new Map<string, ProtoFile>()
  /** Full names of all that has one, and the files. */
  readonly #symbols = new Map<string, string>()
  /** By extended message, then by number. */
  readonly #extensions = new Map<string, Map<number, string>>()

  /** `image` is an encoded `google.protobuf.FileDescriptorSet` of the files that {@link registry} has. */
  constructor(image: Uint8Array) {
    const bytes = splitImage(image)
    for (const file of registry().files) {
      const { name, dependency } = file.proto
      const found = bytes.get(name)
      if (found === undefined) throw new Error(`the image of proto/ has no ${name}: run "npm run proto"`)
      this.#files.set(name, { name, imports: dependency, bytes: found })
      this.#addFile(file)
    }
  }

  /** Reads the image that comes with the program. */
  static load(): Descriptors {
    return new Descriptors(readFileSync(new URL('../../gen/image.binpb', import.meta.url)))
  }

  /** The name of the file that declares this, as `cosmos/bank/v1beta1/query.proto`. */
  fileOf(symbol: string): string | undefined {
    return this.#symbols.get(symbol)
  }

  /** The name of the file that declares an extension. */
  fileOfExtension(type: string, number: number): string | undefined {
    return this.#extensions.get(type)?.get(number)
  }

  /** Numbers of the extensions of a message, ascending; undefined if there is no such message. */
  extensionsOf(type: string): readonly number[] | undefined {
    const found = this.#extensions.get(type)
    if (found !== undefined) return [...found.keys()].toSorted((a, b) => a - b)
    return registry().getMessage(type) === undefined ? undefined : []
  }

  /**
   * The file, and after it all that it imports, directly or not, but for what is in `sent`, to which they are added.
   * Undefined if there is no such file.
   */
  withImports(name: string, sent: Set<string>): readonly Uint8Array[] | undefined {
    const asked = this.#files.get(name)
    if (asked === undefined) return undefined
    sent.add(name)
    const files = [asked]
    for (const { imports } of files) {
      for (const each of imports) {
        const file = this.#files.get(each)
        if (file === undefined || sent.has(each)) continue
        sent.add(each)
        files.push(file)
      }
    }
    return files.map(({ bytes }) => bytes)
  }

  #addFile(file: DescFile): void {
    const at = file.proto.name
    for (const message of file.messages) this.#addMessage(message, at)
    for (const each of file.enums) this.#addEnum(each, at)
    for (const each of file.extensions) this.#addExtension(each, at)
    for (const each of file.services) this.#addService(each, at)
  }

  #addMessage(message: DescMessage, at: string): void {
    const { typeName } = message
    this.#symbols.set(typeName, at)
    for (const { name } of [...message.fields, ...message.oneofs])
      this.#symbols.set(`${typeName}.${name}`, at)
    for (const each of message.nestedMessages) this.#addMessage(each, at)
    for (const each of message.nestedEnums) this.#addEnum(each, at)
    for (const each of message.nestedExtensions) this.#addExtension(each, at)
  }

  /** Values stand beside their enum, not in it: `cosmos.tx.v1beta1.ORDER_BY_ASC`. */
  #addEnum({ typeName, values }: DescEnum, at: string): void {
    this.#symbols.set(typeName, at)
    const scope = typeName.slice(0, typeName.lastIndexOf('.') + 1)
    for (const { name } of values) this.#symbols.set(scope + name, at)
  }

  #addExtension({ typeName, extendee, number }: DescExtension, at: string): void {
    this.#symbols.set(typeName, at)
    const numbers = this.#extensions.get(extendee.typeName) ?? new Map<number, string>()
    this.#extensions.set(extendee.typeName, numbers.set(number, at))
  }

  #addService({ typeName, methods }: DescService, at: string): void {
    this.#symbols.set(typeName, at)
    for (const { name } of methods) this.#symbols.set(`${typeName}.${name}`, at)
  }
}

const FILE_FIELD = 1
const NAME_FIELD = 1

/** The files of a FileDescriptorSet by name. They are not decoded, so that nothing in them is lost. */
function splitImage(image: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  for (const bytes of fieldsOf(image, FILE_FIELD)) {
    const [name] = fieldsOf(bytes, NAME_FIELD)
    files.set(Buffer.from(name ?? []).toString(), bytes)
  }
  return files
}

function* fieldsOf(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  const reader = new BinaryReader(message)
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === wanted) yield reader.bytes()
    else reader.skip(wireType, field)
  }
}

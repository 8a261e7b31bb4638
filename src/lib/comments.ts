/** The comments of the proto definitions: help texts, the API description and the docs come from them. */

import { fromBinary } from '@bufbuild/protobuf'
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import { ValueError } from '#lib/bytes.ts'

/** Bytes that are no descriptor image, or one without comments. */
export class ImageError extends ValueError {
  override readonly name = 'ImageError'
}

// Field numbers in descriptor.proto, of which the paths of source locations are made.
const FILE_MESSAGE = 4
const FILE_ENUM = 5
const FILE_SERVICE = 6
const MESSAGE_FIELD = 2
const MESSAGE_MESSAGE = 3
const MESSAGE_ENUM = 4
const MESSAGE_ONEOF = 8
const ENUM_VALUE = 2
const SERVICE_METHOD = 2

/**
 * Comments by full name from a FileDescriptorSet with source info: `cosmos.bank.v1beta1.MsgSend`, its fields as
 * `cosmos.bank.v1beta1.MsgSend.amount`, methods as `….Query.Balance`, enum values as `….SignMode.SIGN_MODE_DIRECT`.
 * What stands above counts, else what stands behind. Throws {@link ImageError}.
 */
export function commentsOf(image: Uint8Array): Map<string, string> {
  const comments = new Map<string, string>()
  for (const file of readImage(image)) {
    const texts = textsOf(file)
    const note = (path: string, name: string): void => {
      const text = texts.get(path)
      if (text !== undefined) comments.set(name, text)
    }
    const scope = file.package === '' ? '' : `${file.package}.`
    for (const [i, message] of file.messageType.entries())
      noteMessage(note, `${FILE_MESSAGE},${i}`, scope, message)
    for (const [i, desc] of file.enumType.entries()) noteEnum(note, `${FILE_ENUM},${i}`, scope, desc)
    for (const [i, service] of file.service.entries()) {
      const path = `${FILE_SERVICE},${i}`
      const name = scope + service.name
      note(path, name)
      for (const [k, { name: rpc }] of service.method.entries())
        note(`${path},${SERVICE_METHOD},${k}`, `${name}.${rpc}`)
    }
  }
  return comments
}

function readImage(image: Uint8Array): readonly FileDescriptorProto[] {
  let files: readonly FileDescriptorProto[]
  try {
    files = fromBinary(FileDescriptorSetSchema, image).file
  } catch (cause) {
    throw new ImageError(`not a descriptor image: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  if (files.every((file) => file.sourceCodeInfo === undefined)) {
    throw new ImageError(
      'the descriptor image has no source info: build it with `buf build`, without excluding it',
    )
  }
  return files
}

function textsOf(file: FileDescriptorProto): Map<string, string> {
  const texts = new Map<string, string>()
  for (const { path, leadingComments, trailingComments } of file.sourceCodeInfo?.location ?? []) {
    const comment = leadingComments === '' ? trailingComments : leadingComments
    // Each line begins with the blank behind the slashes.
    const lines = comment.split('\n').map((line) => (line.startsWith(' ') ? line.slice(1) : line).trimEnd())
    const text = lines.join('\n').trim()
    if (text !== '') texts.set(path.join(','), text)
  }
  return texts
}

type Note = (path: string, name: string) => void

function noteMessage(note: Note, path: string, scope: string, message: DescriptorProto): void {
  const name = scope + message.name
  note(path, name)
  for (const [i, { name: field }] of message.field.entries())
    note(`${path},${MESSAGE_FIELD},${i}`, `${name}.${field}`)
  for (const [i, { name: oneof }] of message.oneofDecl.entries())
    note(`${path},${MESSAGE_ONEOF},${i}`, `${name}.${oneof}`)
  const inside = `${name}.`
  for (const [i, nested] of message.nestedType.entries()) {
    noteMessage(note, `${path},${MESSAGE_MESSAGE},${i}`, inside, nested)
  }
  for (const [i, desc] of message.enumType.entries())
    noteEnum(note, `${path},${MESSAGE_ENUM},${i}`, inside, desc)
}

function noteEnum(note: Note, path: string, scope: string, desc: EnumDescriptorProto): void {
  const name = scope + desc.name
  note(path, name)
  for (const [i, { name: value }] of desc.value.entries())
    note(`${path},${ENUM_VALUE},${i}`, `${name}.${value}`)
}

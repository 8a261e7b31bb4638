/**
 * What the proto definitions say, at run time: messages, services and their options. Everything that is derived
 * (JSON, amino, strict decoding, routes, commands) starts here.
 */

import {
  createFileRegistry,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  type FileRegistry,
  fromBinary,
  getOption,
  hasOption,
  type Message,
} from '@bufbuild/protobuf'
import { base64Decode } from '@bufbuild/protobuf/wire'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { descriptors } from '#gen/descriptors.ts'
import { clip, ValueError } from '#lib/bytes.ts'

export type { DescField, DescMessage, DescMethod, DescService }

/** A name that no definition has, or a definition that cannot be used as asked. */
export class ReflectError extends ValueError {
  override readonly name = 'ReflectError'
}

/** A message by its full name (`cosmos.bank.v1beta1.MsgSend`) or its descriptor. */
export type TypeRef = string | DescMessage

let loaded: FileRegistry | undefined

/** All definitions of this chain; read on first use. */
export function registry(): FileRegistry {
  loaded ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, base64Decode(descriptors)))
  return loaded
}

/** The message of that full name. Throws {@link ReflectError}. */
export function messageOf(type: TypeRef): DescMessage {
  if (typeof type !== 'string') return type
  const found = registry().getMessage(type)
  if (found === undefined) throw new ReflectError(`no message is named ${clip(type)}`)
  return found
}

/** The service of that full name, as `cosmos.bank.v1beta1.Query`. Throws {@link ReflectError}. */
export function serviceOf(name: string): DescService {
  const found = registry().getService(name)
  if (found === undefined) throw new ReflectError(`no service is named ${clip(name)}`)
  return found
}

/** Every message, nested ones included, in the order of the files. */
export function* messages(): Generator<DescMessage> {
  for (const desc of registry()) if (desc.kind === 'message') yield desc
}

/** Every service, in the order of the files. */
export function* services(): Generator<DescService> {
  for (const desc of registry()) if (desc.kind === 'service') yield desc
}

/** The full name in `/package.Message`; anything else than one leading slash and a name is undefined. */
export function nameOfTypeUrl(typeUrl: string): string | undefined {
  return typeUrl.length > 1 && typeUrl.lastIndexOf('/') === 0 ? typeUrl.slice(1) : undefined
}

/** The property that holds a field or oneof member in generated objects: `from_address` → `fromAddress`. */
export function propertyOf(field: { readonly name: string }): string {
  if (!field.name.includes('_')) return field.name
  const keepCase = /[a-z]/.test(field.name)
  const words = field.name.split('_').map((word) => (keepCase ? word : word.toLowerCase()))
  return words.map((word, i) => (i === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1))).join('')
}

type Described = DescField | DescMessage | DescMethod

/** The value of a custom option by its full name, or undefined where it is not set. */
function option(desc: Described, name: string): unknown {
  const extension = registry().getExtension(name)
  if (extension === undefined) return undefined
  return readOption(desc, extension)
}

// The options of each kind of descriptor extend different messages; the registry has checked that they fit.
function readOption(desc: Described, extension: DescExtension): unknown {
  const element = desc as never
  return hasOption(element, extension as never) ? getOption(element, extension as never) : undefined
}

const textOption = (desc: Described, name: string): string | undefined => {
  const value = option(desc, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Names of the fields that hold, or lead to, the signers (`cosmos.msg.v1.signer`), in order. */
export function signerFields(message: DescMessage): readonly string[] {
  return (option(message, 'cosmos.msg.v1.signer') as readonly string[] | undefined) ?? []
}

/** The name in amino JSON, as `cosmos-sdk/MsgSend` (`amino.name`). */
export function aminoName(message: DescMessage): string | undefined {
  return textOption(message, 'amino.name')
}

/** How amino JSON writes the whole message, as `key_field` (`amino.message_encoding`). */
export function aminoMessageEncoding(message: DescMessage): string | undefined {
  return textOption(message, 'amino.message_encoding')
}

/** The options of a field in amino JSON. */
export interface AminoField {
  /** Key in the JSON object. */
  readonly name: string
  /** As `legacy_coins`. */
  readonly encoding: string | undefined
  /** Written even when it holds its default. */
  readonly keepEmpty: boolean
  /** Name of the envelope around a oneof member. */
  readonly oneofName: string | undefined
}

/** The options of a field in amino JSON (`amino.*`). */
export function aminoField(field: DescField): AminoField {
  return {
    name: textOption(field, 'amino.field_name') ?? field.name,
    encoding: textOption(field, 'amino.encoding'),
    keepEmpty: option(field, 'amino.dont_omitempty') === true,
    oneofName: textOption(field, 'amino.oneof_name'),
  }
}

/** What a scalar means, as `cosmos.AddressString` (`cosmos_proto.scalar`). */
export function scalarOf(field: DescField): string | undefined {
  return textOption(field, 'cosmos_proto.scalar')
}

/** One way to reach a method over REST. */
export interface HttpRule {
  readonly verb: 'get' | 'put' | 'post' | 'delete' | 'patch'
  /** As `/cosmos/bank/v1beta1/balances/{address}`. */
  readonly path: string
  /** The field that the body holds, `*` for the whole request; absent without a body. */
  readonly body?: string
}

type RuleMessage = Message & {
  pattern: { case?: string; value?: unknown }
  body: string
  additionalBindings: RuleMessage[]
}

/** The REST routes of a method (`google.api.http`), additional bindings after the main one. */
export function httpRules(method: DescMethod): readonly HttpRule[] {
  const rule = option(method, 'google.api.http') as RuleMessage | undefined
  if (rule === undefined) return []
  return [rule, ...rule.additionalBindings].map(({ pattern, body }) => {
    const verb = pattern.case
    const known = verb === 'get' || verb === 'put' || verb === 'post' || verb === 'delete' || verb === 'patch'
    if (!known)
      throw new ReflectError(`${method.parent.typeName}.${method.name}: custom HTTP verbs are not served`)
    const path = String(pattern.value)
    return body === '' ? { verb, path } : { verb, path, body }
  })
}

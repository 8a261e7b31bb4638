/** Who must sign a message, as its definition says. */

import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { messageOf, propertyOf, ReflectError, signerFields, type TypeRef } from '#lib/reflect.ts'

type Collect = (value: Readonly<Record<string, unknown>>, into: Set<string>) => void

const collectors = new Map<DescMessage, Collect>()

/**
 * The addresses that must sign, in the order of the signer fields, each once. A signer field that is a message leads on
 * to that message's own signer fields: `MsgMultiSend.inputs` → `Input.address`.
 * Throws {@link ReflectError} when the message names no signer.
 */
export function signersOf(type: TypeRef, value: object): string[] {
  const signers = new Set<string>()
  collectorOf(messageOf(type))(value as Readonly<Record<string, unknown>>, signers)
  return [...signers]
}

function collectorOf(message: DescMessage): Collect {
  let collect = collectors.get(message)
  if (collect === undefined) {
    collect = compile(message)
    collectors.set(message, collect)
  }
  return collect
}

function compile(message: DescMessage): Collect {
  const names = signerFields(message)
  if (names.length === 0) throw new ReflectError(`${message.typeName} has no cosmos.msg.v1.signer option`)
  const steps = names.map((name) => {
    const field = message.fields.find((candidate) => candidate.name === name)
    if (field === undefined)
      throw new ReflectError(`${message.typeName}: the signer field ${name} does not exist`)
    return step(field)
  })
  return (value, into) => {
    for (const take of steps) take(value, into)
  }
}

function step(field: DescField): Collect {
  const property = propertyOf(field)
  const nested = field.fieldKind === 'map' ? undefined : field.message
  if (nested === undefined && field.fieldKind !== 'scalar' && field.fieldKind !== 'list') {
    throw new ReflectError(`${field.parent.typeName}.${field.name}: a signer is a string or a message`)
  }
  const one = (item: unknown, into: Set<string>): void => {
    if (nested !== undefined) collectorOf(nested)(item as Readonly<Record<string, unknown>>, into)
    else into.add(item as string)
  }
  if (field.fieldKind !== 'list') {
    return (value, into) => {
      if (value[property] !== undefined) one(value[property], into)
    }
  }
  return (value, into) => {
    for (const item of value[property] as readonly unknown[]) one(item, into)
  }
}

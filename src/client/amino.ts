import type { AminoMsg } from '@cosmjs/amino'
import type { EncodeObject } from '@cosmjs/proto-signing'
import type { AminoConverter, AminoConverters } from '@cosmjs/stargate'
import { aminoMessage, fromAminoMessage } from '#lib/amino-json.ts'
import { ValueError } from '#lib/bytes.ts'
import type { JsonValue } from '#lib/proto-json.ts'
import { aminoName, messageOf } from '#lib/reflect.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { anyTypes, messageTypes } from './services.ts'
import type { GeneratedCodec } from './types.ts'

/**
 * How every message of this chain is written for signers that know LEGACY_AMINO_JSON only (hardware wallets), for
 * `new AminoTypes(...)`. Derived from the definitions; equal to CosmJS' own where it has any.
 */
export function wadiAminoConverters(): AminoConverters {
  registerCodecs(anyTypes())
  return Object.fromEntries(messageTypes().flatMap(converter))
}

let converters: AminoConverters | undefined

/** A message as amino JSON. Throws {@link ValueError} for one that has no such form. */
export function toAmino({ typeUrl, value }: EncodeObject): AminoMsg {
  converters ??= wadiAminoConverters()
  const found = converters[typeUrl]
  if (found === undefined) {
    throw new ValueError(`${typeUrl} has no amino JSON: sign it with a key that signs DIRECT`)
  }
  return { type: found.aminoType, value: found.toAmino(value) }
}

/** A message out of amino JSON. Throws `JsonError`. */
export function fromAmino({ type, value }: AminoMsg): EncodeObject {
  registerCodecs(anyTypes())
  return fromAminoMessage({ type, value })
}

function converter(type: GeneratedCodec): [string, AminoConverter][] {
  const message = messageOf(type.$type)
  const aminoType = aminoName(message)
  if (aminoType === undefined) return []
  return [
    [
      `/${type.$type}`,
      {
        aminoType,
        // A caller may leave out what has its default, as with any CosmJS message.
        toAmino: (value: object) => aminoMessage(message, type.fromPartial(value as never) as object).value,
        fromAmino: (value: JsonValue) => fromAminoMessage({ type: aminoType, value }).value,
      },
    ],
  ]
}

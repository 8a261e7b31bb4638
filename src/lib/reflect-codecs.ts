/** The generated codecs by message name: what is inside an Any is read and written with them. */

import { clip } from '#lib/bytes.ts'
import { ReflectError } from '#lib/reflect.ts'

/** A generated message type, as far as it is needed to look inside an Any. */
export interface MessageCodec {
  readonly $type: string
  encode(message: never): { finish(): Uint8Array }
  decode(bytes: Uint8Array): unknown
}

const codecs = new Map<string, MessageCodec>()

/** Makes message types known, so that an Any may hold them. Doing it twice is harmless. */
export function registerCodecs(types: Iterable<MessageCodec>): void {
  for (const type of types) codecs.set(type.$type, type)
}

/** The codec of a message; throws {@link ReflectError} for one that was never registered. */
export function codecOf(typeName: string): MessageCodec {
  const codec = codecs.get(typeName)
  if (codec === undefined) throw new ReflectError(`no codec is registered for ${clip(typeName)}`)
  return codec
}

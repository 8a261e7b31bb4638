import { type GeneratedType, Registry } from '@cosmjs/proto-signing'
import { messageTypes } from './services.ts'

/** Every message of this chain under its type URL, for `new Registry(...)` or an existing registry. */
export function wadiTypes(): [string, GeneratedType][] {
  return messageTypes().map((type) => [`/${type.$type}`, type as unknown as GeneratedType])
}

/** A registry for CosmJS' own `SigningStargateClient`. */
export function wadiRegistry(): Registry {
  return new Registry(wadiTypes())
}

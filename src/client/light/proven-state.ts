import { concat, utf8 } from '#lib/bytes.ts'

/** The committed state at one height; every answer is proven. */
export interface ProvenState {
  readonly height: number
  /** The value of a key in a module's store; undefined where it is proven that there is none. */
  get(store: string, key: Uint8Array): Promise<Uint8Array | undefined>
}

/** The bytes of a store key: a collection's number, then the parts of the key. */
export function storeKey(prefix: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return concat(Uint8Array.of(prefix), ...parts)
}

/** An unsigned integer of `size` bytes, big endian. */
export function unsigned(value: bigint, size: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes.subarray(8 - size)
}

/** A text and its end: 0 inside is written 0 255, and the end is 0 1. */
export function terminated(text: string): Uint8Array {
  const bytes: number[] = []
  for (const byte of utf8(text)) bytes.push(...(byte === 0 ? [0, 255] : [byte]))
  return Uint8Array.from([...bytes, 0, 1])
}

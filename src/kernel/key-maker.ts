import type { KeyCodec } from './codec.ts'
import type { ByteString } from './kv.ts'

/** Keys remembered per collection; a power of two. */
const SLOTS = 4_096

/**
 * Makes the byte strings of a collection's keys. Those of slow codecs are remembered, the latest in each slot: a
 * transaction asks for the same few several times, and a string that comes again keeps its hash for the overlay.
 */
export function keyMaker<K, P>(own: ByteString, codec: KeyCodec<K, P>): (key: K) => ByteString {
  const { slot } = codec
  if (slot === undefined) return (key) => own + codec.encode(key)
  const keys: (K | undefined)[] = []
  const texts: ByteString[] = []
  return (key) => {
    const at = slot(key) & (SLOTS - 1)
    if (keys.length === 0) {
      for (let i = 0; i < SLOTS; i++) {
        keys.push(undefined)
        texts.push('')
      }
    }
    if (isSame(keys[at], key)) return texts[at] as ByteString
    const text = own + codec.encode(key)
    // A tuple is copied: its maker may change it.
    keys[at] = Array.isArray(key) ? ([...key] as K) : key
    texts[at] = text
    return text
  }
}

/** Same parts of the same types; parts that are objects count as different. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof b === 'string') return a === b
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] || typeof a[i] === 'object') return false
  return true
}

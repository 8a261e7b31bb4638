/** Bech32 (BIP 173) texts of byte arrays with a human-readable prefix. */

import { bech32 } from '@scure/base'
import { clip, ValueError } from '#lib/bytes.ts'

/** A text that is not bech32, or has another prefix than asked. The message names the text. */
export class Bech32Error extends ValueError {
  override readonly name = 'Bech32Error'
}

/** The longest text read or written: BIP 173's limit, which every address keeps. */
const LIMIT = 90

/** `wadi1…` from its prefix and bytes. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  if (prefix !== prefix.toLowerCase()) throw new Bech32Error(`the prefix ${clip(prefix)} must be lower case`)
  try {
    return bech32.encode(prefix, bech32.toWords(bytes), LIMIT)
  } catch (error) {
    throw new Bech32Error(`${bytes.length} bytes with prefix ${clip(prefix)}: ${reason(error)}`)
  }
}

/**
 * Reads a lower-case bech32 text and checks its prefix. Upper case is valid bech32 but a second spelling of the same
 * bytes, so it is refused.
 */
export function decodeBech32(text: string, prefix: string): Uint8Array {
  let decoded: { readonly prefix: string; readonly bytes: Uint8Array }
  try {
    const { prefix: found, words } = bech32.decode(text as `${string}1${string}`, LIMIT)
    decoded = { prefix: found, bytes: bech32.fromWords(words) }
  } catch (error) {
    throw new Bech32Error(`${clip(text)} is not bech32: ${reason(error)}`)
  }
  if (decoded.prefix !== prefix) {
    throw new Bech32Error(`${clip(text)} has the prefix ${clip(decoded.prefix)}, expected "${prefix}"`)
  }
  if (text !== text.toLowerCase()) throw new Bech32Error(`${clip(text)} must be lower case`)
  return decoded.bytes
}

function reason(error: unknown): string {
  return clip(error instanceof Error ? error.message : String(error), 200).slice(1, -1)
}

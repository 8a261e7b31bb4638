import { fromByteString } from '#lib/bytes.ts'
import { sha256Text } from '#lib/hash.ts'
import type { ByteString } from './kv.ts'

/** Chance alone finds a check of so many bytes once in 2^64. */
const CHECK_BYTES = 8

/**
 * The `next_key` of a page: where its list goes on, behind a check over the list and that place. `list` is anything
 * that tells the list from every other. Whoever takes a key to another list, or changes it, is told so; no secret is
 * in it, so it protects from mistakes and not from those who make keys by themselves: theirs stay in the list too.
 */
export function sealPageKey(list: ByteString, place: ByteString): ByteString {
  return checkOf(list, place) + place
}

/** The place in a key that {@link sealPageKey} made for this list; undefined for every other key. */
export function openPageKey(list: ByteString, key: ByteString): ByteString | undefined {
  const place = key.slice(CHECK_BYTES)
  return key === sealPageKey(list, place) ? place : undefined
}

function checkOf(list: ByteString, place: ByteString): ByteString {
  // The length in front keeps the end of a list apart from the beginning of a place.
  return sha256Text(fromByteString(`${list.length}:${list}${place}`)).slice(0, CHECK_BYTES)
}

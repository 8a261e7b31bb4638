/** UTF-8 checked in place, without decoding it (RFC 3629, table 3-7 of the Unicode standard). */

/** The index of the first byte of the first malformed sequence between `start` and `end`, or -1. */
export function invalidUtf8At(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end) {
    const lead = bytes[at] as number
    if (lead < 0x80) {
      at++
      continue
    }
    const length = sequenceLength(lead)
    if (length === 0 || at + length > end) return at
    const second = bytes[at + 1] as number
    if (second < lowestSecond(lead) || second > highestSecond(lead)) return at
    for (let i = 2; i < length; i++) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return at
    at += length
  }
  return -1
}

/** 0xc0, 0xc1 and 0xf5 upward never begin a sequence. */
function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2
  if (lead >= 0xe0 && lead <= 0xef) return 3
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
}

/** Above 0x80 where a shorter spelling exists. */
function lowestSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
}

/** Below 0xbf where surrogates, or what lies behind U+10FFFF, would begin. */
function highestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
}

/**
 * A copy of the bytes with room for so many more, and at least as much as they have: what comes byte by byte costs
 * hardly more than what does not.
 */
export function grown(bytes: Buffer, more: number): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length + Math.max(bytes.length, more))
  bytes.copy(copy)
  return copy
}

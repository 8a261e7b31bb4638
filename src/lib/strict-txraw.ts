/** The rules of ADR-027 for the outermost envelope of a transaction, which give each TxRaw one single encoding. */

import { BYTES } from '#lib/strict-tables.ts'
import { StrictError } from '#lib/strict.ts'

const NAME = 'cosmos.tx.v1beta1.TxRaw'
const SIGNATURES = 3

/**
 * Checks that `bytes` are a TxRaw: body_bytes, auth_info_bytes and signatures in this order, the first two at most
 * once, each length in the shortest varint, nothing else. Throws {@link StrictError}.
 */
export function checkTxRaw(bytes: Uint8Array): void {
  let last = 0
  for (let at = 0; at < bytes.length; ) {
    const tagAt = at
    const tag = bytes[at++] as number
    const field = tag >>> 3
    const refuse = (problem: string): never => {
      throw new StrictError(NAME, field, tag & 7, tagAt, problem)
    }
    if ((tag & 7) !== BYTES || field < 1 || field > SIGNATURES) refuse('unknown protobuf field')
    if (field < last) refuse(`TxRaw must follow ADR-027, this field comes after ${last}`)
    if (field === last && field !== SIGNATURES) refuse('a field that may stand once stands twice')
    last = field
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? refuse('unexpected EOF')
      // 28 bits are 256 MiB, more than any transaction.
      if (shift > 21) refuse('invalid length')
      length |= (byte & 0x7f) << shift
      if (byte >= 0x80) continue
      if (byte === 0 && shift > 0) refuse('TxRaw must follow ADR-027, a length is not as short as possible')
      break
    }
    if (length > bytes.length - at) refuse('unexpected EOF')
    at += length
  }
}

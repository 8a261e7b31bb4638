import type { IncomingHttpHeaders } from 'node:http2'
import { clip } from '#lib/bytes.ts'
import { sdk } from '../../kernel/sdk-errors.ts'

/** The HTTP status of a request that is not gRPC at all; undefined for one that is. */
export function httpRefusal(headers: IncomingHttpHeaders): number | undefined {
  if (headers[':method'] !== 'POST') return 405
  return /^application\/grpc(?:\+proto)?(?:;|$)/.test(headers['content-type'] ?? '') ? undefined : 415
}

const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 }

/** The `grpc-timeout` header, as `100m` or `5S`, in milliseconds; infinite where there is none. */
export function readTimeout(header: string | readonly string[] | undefined): number {
  if (header === undefined) return Number.POSITIVE_INFINITY
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(String(header)) ?? []
  if (digits !== undefined) return Number(digits) * (UNITS[unit] ?? 0)
  throw sdk.invalidRequest(`the header grpc-timeout is ${clip(String(header))}, not 1 to 8 digits and a unit`)
}

/** Longest `grpc-message` before it is encoded: clients take some kilobytes of headers. */
const MESSAGE_BYTES = 2_000

/** A text as the value of `grpc-message`: UTF-8 in which all but printable ASCII is percent-encoded. */
export function encodeMessage(text: string): string {
  const bytes = Buffer.from(text)
  let encoded = ''
  for (const byte of bytes.subarray(0, MESSAGE_BYTES)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`
  }
  return bytes.length > MESSAGE_BYTES ? `${encoded}...` : encoded
}

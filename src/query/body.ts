import type { IncomingMessage } from 'node:http'
import { utf8Text } from '#lib/bytes.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { Refusal } from './errors.ts'
import { TooLarge } from './rest-answer.ts'

/** The body of a request as text. Throws {@link TooLarge} beyond `maxBytes`, REST's errors for what is no UTF-8. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request) {
      size += (chunk as Buffer).length
      if (size > maxBytes) throw new TooLarge(413, `the body is larger than ${maxBytes} bytes`)
      chunks.push(chunk as Buffer)
    }
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw sdk.invalidRequest('the connection was closed within the body')
  }
  return utf8Text(Buffer.concat(chunks))
}

/** Whether some of the body was not read: what is left of it would be taken for another request. */
export const hasUnreadBody = ({ headers, complete }: IncomingMessage): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0')

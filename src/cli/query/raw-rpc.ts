import { HttpClient, WebsocketClient } from '@cosmjs/tendermint-rpc'
import type { JsonValue } from '#lib/proto-json.ts'
import { CommandError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { PATIENCE } from '../session.ts'

/** CometBFT's own answer to a method of its RPC, as it stands. Throws {@link CommandError} with what it refuses. */
export async function rawRpc(
  url: string,
  method: string,
  params: Readonly<Record<string, string>>,
): Promise<JsonValue> {
  const isHttp = /^https?:/.test(url)
  const rpc = isHttp ? new HttpClient(url, PATIENCE.requestTimeoutMs) : new WebsocketClient(url)
  try {
    return (await rpc.execute({ jsonrpc: '2.0', id: 1, method, params })).result as JsonValue
  } catch (error) {
    const refused = refusal(error as Error)
    if (refused === undefined) throw error
    const missing = /must be less than or equal|not available|could not find|not found/i.test(refused)
    throw new CommandError(refused, [], missing ? EXIT.notFound : EXIT.failed)
  } finally {
    rpc.disconnect()
  }
}

/** CosmJS throws what CometBFT refuses as the JSON of its error. */
function refusal({ message }: Error): string | undefined {
  if (!message.startsWith('{')) return undefined
  try {
    const { data = '', message: text = '' } = JSON.parse(message) as { data?: string; message?: string }
    return data === '' ? text : data
  } catch {
    return undefined
  }
}

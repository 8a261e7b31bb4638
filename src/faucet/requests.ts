import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'
import { addressBytes, addressText, fromHexAddress } from '#lib/address.ts'
import { clip } from '#lib/bytes.ts'
import { FaucetError } from './errors.ts'

/** Who gets what; `address` in bech32. */
export interface CreditRequest {
  readonly address: string
  readonly denom: string
}

/** `text/plain` is what CosmJS' FaucetClient sends since it uses fetch; there is JSON in it all the same. */
const TYPES = ['application/json', 'text/plain']

/** Throws {@link FaucetError} unless the body is said to be one that the faucet reads. */
export function checkContentType({ headers }: IncomingMessage): void {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type === undefined || !TYPES.includes(type))
    throw new FaucetError(415, 'Content-type application/json expected.')
}

/** Reads `{"address": "wadi1…", "denom": "awadi"}`; of an address either spelling. Throws {@link FaucetError}. */
export function readCredit(body: string): CreditRequest {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new FaucetError(400, 'The body is not JSON: send {"address": "wadi1…", "denom": "awadi"}.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FaucetError(400, 'Request body must be a dictionary: {"address": "wadi1…", "denom": "awadi"}.')
  const { address, denom } = value as Readonly<Record<string, unknown>>
  return { address: readAddress(textOf('address', address)), denom: textOf('denom', denom) }
}

function textOf(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new FaucetError(400, `Property '${name}' must be a string.`)
  if (value === '') throw new FaucetError(400, `Property '${name}' must not be empty.`)
  return value
}

function readAddress(text: string): string {
  try {
    return addressText(text.startsWith('0x') ? fromHexAddress(text) : addressBytes(text))
  } catch (error) {
    const { message } = error as Error
    throw new FaucetError(400, `Address is not in the expected format for this chain (wadi1…): ${message}.`)
  }
}

/** What stands for a client where its credits are counted: its IP address; of IPv6 the network, which one host has. */
export function clientKey({ headers, socket }: IncomingMessage, behindProxy: boolean): string {
  const forwarded = behindProxy
    ? [headers['x-forwarded-for']].flat().at(-1)?.split(',').at(-1)?.trim()
    : undefined
  const address = (forwarded ?? socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
  if (isIPv6(address)) return networkOf(address)
  return isIPv4(address) ? address : clip(address)
}

/** The first 64 bits of an IPv6 address, in one spelling. */
function networkOf(address: string): string {
  const [head = '', tail = ''] = (address.split('%')[0] as string).split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '')
  const [first, last] = [groups(head), groups(tail)]
  // An IPv4 address at the end takes the place of two groups; it is never among the first four.
  const length = first.length + last.length + (address.includes('.') ? 1 : 0)
  const zeros = address.includes('::') ? Array.from({ length: 8 - length }, () => '0') : []
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

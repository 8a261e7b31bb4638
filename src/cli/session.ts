import type { WadiClient } from '../client/client.ts'
import type { ConnectOptions } from '../client/comet.ts'
import { CommandError, UsageError } from './errors.ts'
import { EXIT } from './exit-codes.ts'
import { readAddress } from './keys/key.ts'
import { devKey, Keyring } from './keys/keyring.ts'
import { passwordSource } from './keys/password.ts'
import type { KeyringOptions, NodeOptions } from './options.ts'
import { didYouMean } from './suggest.ts'

const TIMEOUT_S = 10

/** How commands ask a node: what takes their connection may still never answer. */
export const PATIENCE: ConnectOptions = { requestTimeoutMs: TIMEOUT_S * 1_000 }

/** Calls a node; that nobody answers, or another chain does, is told with what to do. */
export async function atNode<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const answer = strangeAnswer(error)
    if (answer !== undefined) {
      throw new CommandError(
        `what answers at ${url} is not the RPC of a node: ${answer}`,
        ['name the RPC, not REST, with --node or $WADI_RPC: "npm start" prints both'],
        EXIT.unreachable,
      )
    }
    if (!isUnreachable(error)) throw error
    throw new CommandError(
      `no node answers at ${url}: ${reason(error)}`,
      [
        'start a development chain: "npm start"',
        `or name a node's RPC with --node or $WADI_RPC, or for good: "wadi config set node URL"`,
      ],
      EXIT.unreachable,
    )
  }
}

/** The chain id of a node; throws if it is not the one asked for. */
export async function checkedChainId(client: WadiClient, options: NodeOptions): Promise<string> {
  const chainId = await client.chainId()
  if (options.chainId === undefined || options.chainId === chainId) return chainId
  throw new CommandError(`${options.node} is a node of ${chainId}, not of ${options.chainId}`, [
    'name a node of that chain with --node',
  ])
}

/** The keyring that the options name. */
export function openKeyring(options: KeyringOptions): Keyring {
  const { home, keyringDir, keyringBackend, passwordFile } = options
  return new Keyring(keyringBackend, keyringDir ?? home, passwordSource(passwordFile))
}

/** Turns what names an account into its bech32 address: an address in either spelling, or the name of a key. */
export function addressBook(keyring: Keyring, chainId: string): (text: string) => string {
  return (text) => {
    const found = readAddress(text) ?? keyring.find(text)?.address ?? devKey(text, chainId)?.info.address
    if (found !== undefined) return found
    const names = keyring.list().map(({ name }) => name)
    throw new UsageError(
      `${JSON.stringify(text)} is neither an address (wadi1… or 0x…) nor the name of a key.` +
        `${didYouMean(text, names)}\n` +
        `  - keys in ${keyring.folder}: ${names.length === 0 ? 'none' : names.join(', ')}\n` +
        `  - ${keyring.elsewhere(text)}`,
    )
  }
}

/** What a server says that speaks HTTP, but is no CometBFT. */
function strangeAnswer(error: unknown): string | undefined {
  return error instanceof Error ? /^Bad status on response: \d+/.exec(error.message)?.[0] : undefined
}

function isUnreachable(error: unknown): boolean {
  return isTimeout(error) || isNoConnection(error)
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

function isNoConnection(error: unknown): boolean {
  return error instanceof TypeError && /fetch failed|Invalid URL|terminated/i.test(error.message)
}

function reason(error: unknown): string {
  if (isTimeout(error)) return `nothing came back in ${TIMEOUT_S} s`
  const { cause, message } = error as Error
  if (cause instanceof AggregateError) return String((cause as { code?: string }).code ?? message)
  return cause instanceof Error ? cause.message : message
}

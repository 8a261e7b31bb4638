import { toHex, utf8 } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import type { ExecTxResult } from '../../src/abci/types.ts'
import type { TestBlock } from '../../src/testing/chain.ts'

/*
 * What the leading replica tells the others, and what they answer. Both sides are this program, so values pass through
 * the structured clone of Node's channel.
 */

/** Another way to the same state that a replica takes with a block. */
export type Detour = 'none' | 'check' | 'again' | 'restart'

export type Request =
  | {
      readonly do: 'open'
      readonly folder: string
      readonly chainId: string
      readonly genesis: Record<string, unknown>
    }
  | { readonly do: 'block'; readonly block: Block }
  | { readonly do: 'close' }

/** A decided block. */
export interface Block {
  readonly height: number
  readonly time: bigint
  readonly txs: readonly Uint8Array[]
  readonly detour: Detour
}

/** What all replicas have to agree on after a block. */
export interface Verdict {
  readonly height: number
  readonly appHash: string
  /** One short hash a transaction: code, data and gas, and beyond consensus codespace and events. */
  readonly results: readonly string[]
  /** Hash of the block's own events and changes of parameters. */
  readonly block: string
}

export type Reply =
  | {
      readonly is: 'open'
      readonly height: number
      readonly appHash: string
      readonly timeZone: string
      readonly locale: string
    }
  | { readonly is: 'verdict'; readonly verdict: Verdict }
  | { readonly is: 'closed' }
  | { readonly is: 'error'; readonly message: string }

export function verdictOf({ height, appHash, results, events, consensusParamUpdates }: TestBlock): Verdict {
  return {
    height,
    appHash: toHex(appHash),
    results: results.map(resultHash),
    block: shortHash([events, consensusParamUpdates ?? null]),
  }
}

const resultHash = ({ code, codespace, data, gasWanted, gasUsed, events }: ExecTxResult): string =>
  shortHash([code, codespace, toHex(data), gasWanted, gasUsed, events])

const shortHash = (value: unknown): string => toHex(sha256(utf8(JSON.stringify(value, plain))).subarray(0, 8))

const plain = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value instanceof Uint8Array ? toHex(value) : value

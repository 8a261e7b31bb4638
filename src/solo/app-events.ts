import type { Event, ExecTxResult } from '#gen/tendermint/abci/types.ts'
import type { ExecTxResult as AppResult } from '../abci/types.ts'
import type { AbciEvent } from '../kernel/events.ts'

/** Which attributes of which events are indexed. */
export type IndexPredicate = (type: string, key: string) => boolean

/** An event of the application, which lists keys and values in turn, as protobuf has it. */
export function protoEvent({ type, attributes }: AbciEvent, indexed: IndexPredicate): Event {
  const pairs: Event['attributes'] = []
  for (let i = 0; i < attributes.length; i += 2) {
    const key = attributes[i] as string
    pairs.push({ key, value: attributes[i + 1] as string, index: indexed(type, key) })
  }
  return { type, attributes: pairs }
}

export function protoResult(result: AppResult, indexed: IndexPredicate): ExecTxResult {
  return {
    ...result,
    gasWanted: BigInt(result.gasWanted),
    gasUsed: BigInt(result.gasUsed),
    events: result.events.map((event) => protoEvent(event, indexed)),
  }
}

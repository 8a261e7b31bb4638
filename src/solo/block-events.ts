import type { Event } from '#gen/tendermint/abci/types.ts'
import type { BlockRecord } from './chain-store.ts'
import type { EventBus } from './event-bus.ts'
import {
  base64Text,
  blockIdJson,
  blockJson,
  eventResultJson,
  eventsJson,
  finalizedJson,
  headerJson,
  hexText,
} from './json.ts'

/** Tells subscribers of a block, in the order in which CometBFT does. */
export function publishBlock(bus: EventBus, block: BlockRecord): void {
  const { height, outcome, txs } = block
  const results = txs.map(({ result }) => result)
  bus.publish(
    'NewBlock',
    () => valuesOf(outcome.events, 'NewBlock'),
    () =>
      event('NewBlock', {
        block: blockJson(
          block,
          txs.map(({ tx }) => tx),
        ),
        block_id: blockIdJson(block.id),
        result_finalize_block: finalizedJson(outcome, results),
      }),
  )
  bus.publish(
    'NewBlockHeader',
    () => valuesOf([], 'NewBlockHeader'),
    () => event('NewBlockHeader', { header: headerJson(block.header) }),
  )
  bus.publish(
    'NewBlockEvents',
    () => valuesOf(outcome.events, 'NewBlockEvents'),
    () =>
      event('NewBlockEvents', {
        height: `${height}`,
        events: outcome.events.length === 0 ? null : eventsJson(outcome.events),
        num_txs: `${txs.length}`,
      }),
  )
  txs.forEach(({ hash, tx, result }, index) => {
    const values = () => valuesOf(result.events, 'Tx', { 'tx.hash': hexText(hash), 'tx.height': `${height}` })
    bus.publish('Tx', values, () =>
      event('Tx', { TxResult: txResult(height, index, tx, eventResultJson(result)) }),
    )
  })
}

/** A protobuf message as a Go struct, which leaves out what is empty. */
function txResult(height: number, index: number, tx: Uint8Array, result: object): object {
  return { height: `${height}`, ...(index === 0 ? {} : { index }), tx: base64Text(tx), result }
}

const event = (kind: string, value: object) => ({ type: `tendermint/event/${kind}`, value })

/** Values by `type.key`, with the name of the event itself and what else it is known by. */
function valuesOf(
  events: readonly Event[],
  kind: string,
  more: Readonly<Record<string, string>> = {},
): Map<string, string[]> {
  const values = new Map<string, string[]>()
  const add = (tag: string, value: string) => {
    const known = values.get(tag)
    if (known === undefined) values.set(tag, [value])
    else known.push(value)
  }
  for (const { type, attributes } of events) {
    if (type === '') continue
    for (const { key, value } of attributes) if (key !== '') add(`${type}.${key}`, value)
  }
  add('tm.event', kind)
  for (const [tag, value] of Object.entries(more)) add(tag, value)
  return values
}

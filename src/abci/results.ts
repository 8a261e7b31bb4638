/** Encodes what executing transactions gives: `ExecTxResult`, `Event`, and the whole of `ResponseFinalizeBlock`. */
import { ValidatorUpdate } from '#gen/tendermint/abci/types.ts'
import { ConsensusParams } from '#gen/tendermint/types/params.ts'
import type { AbciEvent } from '../kernel/events.ts'
import type { ExecTxResult, FinalizeBlockResponse, ResultSink } from './types.ts'
import { BackWriter } from './writer.ts'

/** Whether CometBFT indexes this attribute of this type of event. */
export type IndexPredicate = (type: string, key: string) => boolean

/** The predicate's answers, remembered: it is asked once for each (type, key), not once for each attribute. */
export class EventIndex {
  private readonly predicate: IndexPredicate
  private readonly types = new Map<string, Map<string, boolean>>()
  private entries = 0

  constructor(predicate: IndexPredicate) {
    this.predicate = predicate
  }

  /** The answers known for a type; ask {@link add} for a key that is missing. */
  keysOf(type: string): Map<string, boolean> {
    return this.types.get(type) ?? this.addType(type)
  }

  add(type: string, key: string, keys: Map<string, boolean>): boolean {
    const indexed = this.predicate(type, key)
    if (this.entries < MAX_ENTRIES) {
      this.entries++
      keys.set(key, indexed)
    }
    return indexed
  }

  private addType(type: string): Map<string, boolean> {
    const keys = new Map<string, boolean>()
    if (this.entries < MAX_ENTRIES) {
      this.entries++
      this.types.set(type, keys)
    }
    return keys
  }
}

/** Event types and keys stand in the source code, so there are hundreds; beyond this they are asked every time. */
const MAX_ENTRIES = 20_000

/** Results of the block that is being executed, each encoded when it comes: field 2 of `ResponseFinalizeBlock`. */
export class ResultBuffer implements ResultSink {
  count = 0
  private readonly index: EventIndex
  private readonly one = new BackWriter(4_096)
  private all = Buffer.allocUnsafeSlow(65_536)
  private length = 0

  constructor(index: EventIndex) {
    this.index = index
  }

  push(result: ExecTxResult): void {
    const { one } = this
    one.clear()
    writeResult(one, result, this.index)
    one.close(0x12, 0)
    if (this.length + one.size > this.all.length) this.grow(one.size)
    this.length += one.copyTo(this.all, this.length)
    this.count++
  }

  /** In reading order; a view that the next block spoils. */
  view(): Buffer {
    return this.all.subarray(0, this.length)
  }

  clear(): void {
    this.count = 0
    this.length = 0
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.all.length * 2, this.length + needed))
    this.all.copy(larger, 0, 0, this.length)
    this.all = larger
  }
}

/** The fields of `ResponseFinalizeBlock`, last to first. */
export function writeFinalizeBlock(
  w: BackWriter,
  res: FinalizeBlockResponse,
  results: ResultBuffer,
  index: EventIndex,
): void {
  w.bytesField(0x2a, res.appHash)
  if (res.consensusParamUpdates !== undefined) {
    w.varint(w.bytes(ConsensusParams.encode(res.consensusParamUpdates).finish()))
    w.byte(0x22)
  }
  for (const update of res.validatorUpdates.toReversed()) {
    w.varint(w.bytes(ValidatorUpdate.encode(update).finish()))
    w.byte(0x1a)
  }
  w.bytes(results.view())
  writeEvents(w, 0x0a, res.events, index)
}

/** The fields of `ExecTxResult`, which are those of `ResponseCheckTx`, last to first. */
export function writeResult(w: BackWriter, res: ExecTxResult, index: EventIndex): void {
  w.stringField(0x42, res.codespace)
  writeEvents(w, 0x3a, res.events, index)
  w.numberField(0x30, res.gasUsed)
  w.numberField(0x28, res.gasWanted)
  w.stringField(0x22, res.info)
  w.stringField(0x1a, res.log)
  w.bytesField(0x12, res.data)
  w.numberField(0x08, res.code)
}

function writeEvents(w: BackWriter, tag: number, events: readonly AbciEvent[], index: EventIndex): void {
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i] as AbciEvent
    const since = w.size
    writeAttributes(w, event, index)
    w.stringField(0x0a, event.type)
    w.close(tag, since)
  }
}

function writeAttributes(w: BackWriter, event: AbciEvent, index: EventIndex): void {
  const { type, attributes } = event
  if (attributes.length % 2 !== 0)
    throw new RangeError(`event ${type}: the key ${attributes.at(-1)} has no value`)
  const keys = index.keysOf(type)
  for (let i = attributes.length - 2; i >= 0; i -= 2) {
    const key = attributes[i] as string
    const since = w.size
    if (keys.get(key) ?? index.add(type, key, keys)) w.numberField(0x18, 1)
    w.stringField(0x12, attributes[i + 1] as string)
    w.stringField(0x0a, key)
    w.close(0x12, since)
  }
}

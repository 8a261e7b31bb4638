import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ByteString, KvIterator, ReadStore } from '../kernel/kv.ts'
import { Overlay } from './overlay.ts'

type Model = Map<string, string>

/** The base of these tests: a plain map, sorted anew for every iteration. */
class MapStore implements ReadStore {
  private readonly entries: Model
  constructor(entries: Model) {
    this.entries = entries
  }

  get(_slot: number, key: ByteString) {
    const value = this.entries.get(key)
    return value === undefined ? undefined : Buffer.from(value)
  }

  has(_slot: number, key: ByteString) {
    return this.entries.has(key)
  }

  iterate(_slot: number, start: ByteString, end: ByteString | undefined, reverse: boolean): KvIterator {
    const keys = range(this.entries, start, end, reverse)
    let at = -1
    const { entries } = this
    return {
      next: () => ++at < keys.length,
      get key() {
        return keys[at] as string
      },
      get value() {
        return Buffer.from(entries.get(keys[at] as string) as string)
      },
    }
  }
}

function range(model: Model, start: string, end: string | undefined, reverse: boolean): string[] {
  const keys = [...model.keys()].filter((key) => key >= start && (end === undefined || key < end))
  keys.sort((a, b) => (a < b ? -1 : 1))
  return reverse ? keys.reverse() : keys
}

function collect(iterator: KvIterator): [string, string][] {
  const found: [string, string][] = []
  while (iterator.next()) found.push([iterator.key, Buffer.from(iterator.value).toString()])
  return found
}

const key = fc.integer({ min: 0, max: 40 }).map((n) => String.fromCharCode(n * 6, n % 3))
const command = fc.oneof(
  fc.record({ do: fc.constant('set' as const), key, value: fc.string({ maxLength: 3 }) }),
  fc.record({ do: fc.constant('delete' as const), key }),
  fc.record({ do: fc.constant('checkpoint' as const) }),
  fc.record({ do: fc.constant('revert' as const), depth: fc.nat(3) }),
  fc.record({ do: fc.constant('settle' as const) }),
  fc.record({
    do: fc.constant('iterate' as const),
    start: key,
    end: fc.option(key, { nil: undefined }),
    reverse: fc.boolean(),
  }),
)

test('an overlay behaves as a sorted map with nested checkpoints', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(key, fc.string({ maxLength: 3 }))),
      fc.array(command, { maxLength: 80 }),
      (base, commands) => {
        let model: Model = new Map(base)
        const overlay = new Overlay(new MapStore(new Map(base)))
        let saved: { mark: number; model: Model }[] = []
        for (const step of commands) {
          if (step.do === 'set') {
            overlay.set(0, step.key, Buffer.from(step.value))
            model.set(step.key, step.value)
          } else if (step.do === 'delete') {
            overlay.delete(0, step.key)
            model.delete(step.key)
          } else if (step.do === 'checkpoint') {
            saved.push({ mark: overlay.checkpoint(), model: new Map(model) })
          } else if (step.do === 'settle') {
            overlay.settle()
            saved = []
          } else if (step.do === 'revert') {
            const target = saved.at(-1 - step.depth)
            if (target === undefined) continue
            overlay.revert(target.mark)
            model = new Map(target.model)
            saved = saved.slice(0, saved.indexOf(target))
          } else {
            const expected = range(model, step.start, step.end, step.reverse).map((each) => [
              each,
              model.get(each),
            ])
            expect(collect(overlay.iterate(0, step.start, step.end, step.reverse))).toEqual(expected)
          }
        }
        const all = range(model, '', undefined, false)
        expect(collect(overlay.iterate(0, '', undefined, false))).toEqual(
          all.map((each) => [each, model.get(each)]),
        )
        for (const each of all) expect(overlay.get(0, each)?.toString()).toBe(model.get(each))
        // Applying the changes to the base gives the model.
        const applied: Model = new Map(base)
        const [changes] = overlay.changes()
        expect(changes?.keys ?? []).toEqual([...(changes?.keys ?? [])].sort((a, b) => (a < b ? -1 : 1)))
        changes?.keys.forEach((each, i) => {
          const value = changes.values[i]
          if (value === undefined) applied.delete(each)
          else applied.set(each, Buffer.from(value).toString())
        })
        expect(applied).toEqual(model)
      },
    ),
    { numRuns: 300 },
  )
})

test('an iteration survives writes and removals on the way, and sees those ahead of it', () => {
  const change = fc.record({ key, value: fc.option(fc.string({ maxLength: 2 }), { nil: undefined }) })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(key, fc.string())),
      fc.array(change),
      fc.boolean(),
      (base, changes, reverse) => {
        const model: Model = new Map(base)
        const overlay = new Overlay(new MapStore(new Map(base)))
        const iterator = overlay.iterate(0, '', undefined, reverse)
        let last: string | undefined
        for (let i = 0; ; i++) {
          // The model's answer: the nearest key beyond the last one, in what the store holds now. A stored key that
          // stood next before the change is looked up when the iterator reaches it.
          const beyond = range(model, '', undefined, reverse).filter(
            (each) => last === undefined || (reverse ? each < last : each > last),
          )
          const more = iterator.next()
          expect(more).toBe(beyond.length > 0)
          if (!more) break
          expect(iterator.key).toBe(beyond[0])
          expect(Buffer.from(iterator.value).toString()).toBe(model.get(iterator.key))
          last = iterator.key
          const write = changes[i]
          if (write?.value !== undefined) {
            overlay.set(0, write.key, Buffer.from(write.value))
            model.set(write.key, write.value)
          }
          // Every third entry is removed while the iterator stands on it.
          if (i % 3 === 0) {
            overlay.delete(0, iterator.key)
            model.delete(iterator.key)
          } else if (write !== undefined && write.value === undefined) {
            overlay.delete(0, write.key)
            model.delete(write.key)
          }
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('a checkpoint costs nothing and a revert forgets first writes', () => {
  const overlay = new Overlay(new MapStore(new Map([['a', '1']])))
  expect([overlay.checkpoint(), overlay.checkpoint(), overlay.isEmpty]).toEqual([0, 0, true])

  overlay.set(2, 'k', Buffer.from('v'))
  overlay.delete(0, 'a')
  expect([overlay.has(0, 'a'), overlay.has(2, 'k'), overlay.isEmpty]).toEqual([false, true, false])

  overlay.revert(0)
  expect([overlay.has(0, 'a'), overlay.has(2, 'k'), overlay.isEmpty]).toEqual([true, false, true])
  expect(overlay.changes()).toEqual([undefined, undefined, undefined])
})

test('a mark from before a settle is refused', () => {
  const overlay = new Overlay(new MapStore(new Map()))
  overlay.set(0, 'a', Buffer.from('1'))
  const mark = overlay.checkpoint()
  overlay.settle()
  expect(() => overlay.revert(mark)).toThrow('revert to 3, the journal has 0')
})

test('a hundred thousand dirty keys are walked with deletion in few steps each', () => {
  const overlay = new Overlay(new MapStore(new Map()))
  for (let i = 0; i < 100_000; i++) {
    const shuffled = (i * 61_681) % 100_000 // 61,681 is coprime to 100,000, so every number once
    overlay.set(0, String(shuffled).padStart(6, '0'), Buffer.from('v'))
  }
  let seen = 0
  const iterator = overlay.iterate(0, '', undefined, false)
  while (iterator.next()) {
    expect(iterator.key).toBe(String(seen++).padStart(6, '0'))
    overlay.delete(0, iterator.key)
  }
  expect(seen).toBe(100_000)
  expect(overlay.iterate(0, '', undefined, true).next()).toBe(false)
})

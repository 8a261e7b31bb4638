import { expect, test } from 'vitest'
import { MAX_UNSENT_CONNECTION_BYTES, SMALL_ANSWER_BYTES, Unsent } from './unsent.ts'

class Connection {
  destroyed = false
  destroy(): void {
    this.destroyed = true
  }
}

const MIB = 1_048_576
const HOUR = 3_600_000

test('answers are refused once clients have not taken so many bytes, and are sent again when they have', () => {
  const unsent = new Unsent<Connection>({ bytes: 10 * MIB, staleMs: HOUR })
  const release = unsent.hold(new Connection(), 6 * MIB)
  expect(unsent.problem(new Connection(), 4 * MIB)).toBeUndefined()
  const problem = 'clients have not taken 6291456 bytes of answers'
  expect(unsent.problem(new Connection(), 4 * MIB + 1)).toBe(problem)
  release()
  release()
  expect(unsent.bytes).toBe(0)
  expect(unsent.problem(new Connection(), 4 * MIB + 1)).toBeUndefined()
})

test('whoever takes their answers gets small ones, however many bytes others leave lying', () => {
  const unsent = new Unsent<Connection>({ bytes: 10 * MIB, staleMs: HOUR })
  const idle = new Connection()
  unsent.hold(idle, 10 * MIB)
  expect(unsent.problem(new Connection(), SMALL_ANSWER_BYTES)).toBeUndefined()
  expect(unsent.problem(new Connection(), SMALL_ANSWER_BYTES + 1)).toMatch(/^clients have not taken/)
  expect(unsent.problem(idle, 1)).toMatch(/^clients have not taken/)
})

test('one connection leaves no more lying than its share, beside a single answer of any size', () => {
  const unsent = new Unsent<Connection>({ bytes: 1_000 * MIB, staleMs: HOUR })
  const [one, other] = [new Connection(), new Connection()]
  expect(unsent.problem(one, 100 * MIB)).toBeUndefined()
  unsent.hold(one, 100 * MIB)
  expect(unsent.problem(one, 1)).toBe('this connection has not taken 104857600 bytes of its answers')
  unsent.hold(other, MAX_UNSENT_CONNECTION_BYTES - 1)
  expect(unsent.problem(other, 1)).toBeUndefined()
  expect(unsent.problem(other, 2)).toMatch(/^this connection/)
})

test('a connection that is closed holds nothing, even if its answers are said to be taken later', () => {
  const unsent = new Unsent<Connection>({ bytes: 10 * MIB, staleMs: HOUR })
  const gone = new Connection()
  const release = unsent.hold(gone, 10 * MIB)
  unsent.forget(gone)
  expect(unsent.bytes).toBe(0)
  release()
  expect(unsent.bytes).toBe(0)
})

test('where memory is wanted, those that take nothing for long are closed, and no others', () => {
  const unsent = new Unsent<Connection>({ bytes: 10 * MIB, staleMs: -1 })
  const stale = new Connection()
  unsent.hold(stale, 10 * MIB)
  expect(unsent.problem(new Connection(), 10 * MIB)).toBeUndefined()
  expect([stale.destroyed, unsent.bytes]).toEqual([true, 0])
  const patient = new Unsent<Connection>({ bytes: 10 * MIB, staleMs: HOUR })
  const slow = new Connection()
  patient.hold(slow, 10 * MIB)
  expect(patient.problem(new Connection(), 10 * MIB)).toMatch(/^clients/)
  expect(slow.destroyed).toBe(false)
})

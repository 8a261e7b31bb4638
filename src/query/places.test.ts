import { expect, test } from 'vitest'
import { Places } from './places.ts'

test('a connection gets no more than its share, and all together no more than there are', () => {
  const places = new Places<object>(3, 2)
  const [one, other] = [{}, {}]
  places.take(one)
  expect(places.problem(one)).toBeUndefined()
  places.take(one)
  expect(places.problem(one)).toBe('2 requests of this connection are being answered')
  expect(places.problem(other)).toBeUndefined()
  places.take(other)
  expect(places.problem({})).toBe('3 requests are being answered')
  places.free(one)
  expect([places.problem(one), places.problem(other)]).toEqual([undefined, undefined])
  places.free(one)
  places.free(other)
  // Nothing is left over: both shares are whole again.
  places.take(one)
  places.take(one)
  expect(places.problem(one)).toMatch(/^2 requests of this/)
})

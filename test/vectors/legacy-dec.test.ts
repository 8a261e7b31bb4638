import { expect, test } from 'vitest'
import vectors from './legacy-dec.json' with { type: 'json' }
import { checkLegacyDec } from './legacy-dec.ts'

test('decimals equal those of the Go implementation', () => {
  expect(checkLegacyDec(vectors, 'legacy-dec.json')).toEqual({ checks: 6038 })
})

test('a wrong result is named with its operands', () => {
  const cases = [{ a: '1.000000000000000000', b: '2.000000000000000000', add: '4.000000000000000000' }]
  expect(checkLegacyDec({ cases }, 'x.json').difference).toBe(
    'x.json: case 0: add(1.000000000000000000, 2.000000000000000000) = 3.000000000000000000, ' +
      'Go has 4.000000000000000000',
  )
})

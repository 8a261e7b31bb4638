import { expect, test } from 'vitest'
import vectors from './tx.json' with { type: 'json' }
import { checkTx } from './tx.ts'

test('transactions are accepted, refused and signed as the Go implementation does it', () => {
  // 240 decodings, 20 signed transactions with 5 checks each
  expect(checkTx(vectors, 'tx.json')).toEqual({ checks: 340 })
})

test('a difference is named by its case', () => {
  const [valid] = vectors.decode
  const [signed] = vectors.sign
  const refused = { ...valid, accepted: false }
  expect(checkTx({ decode: [refused], sign: [] }, 'x.json').difference).toBe(
    'x.json: case 0: valid-0 is accepted, Go refuses it',
  )
  const others = { ...valid, signers: ['00'] }
  expect(checkTx({ decode: [others], sign: [] }, 'x.json').difference).toMatch('Go has 00')
  const cut = { ...valid, tx: valid?.tx.slice(0, -2) }
  expect(checkTx({ decode: [cut], sign: [] }, 'x.json').difference).toMatch('valid-0 is refused')
  for (const field of ['sign_doc', 'address', 'signature', 'pub'] as const) {
    const wrong = { ...signed, [field]: '00' }
    expect(checkTx({ decode: [], sign: [wrong] }, 'x.json').difference).toMatch('x.json: case 0: ')
  }
})

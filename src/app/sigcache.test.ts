import { expect, test } from 'vitest'
import type { Verifier, VerifyJob } from '#lib/verifier.ts'
import { SignatureCache } from './sigcache.ts'

/** Counts batches; says yes to signatures that begin with 1. */
function counting(): { verifier: Verifier; batches: number[] } {
  const batches: number[] = []
  const yes = (_: Uint8Array, signature: Uint8Array) => signature[0] === 1
  const batch = (jobs: readonly VerifyJob[]) => {
    batches.push(jobs.length)
    return jobs.map((job) => yes(job.message, job.signature))
  }
  return {
    verifier: { name: 'counting', verifySecp256k1: yes, verifyP256: yes, verifyEd25519: yes, batch },
    batches,
  }
}

const filled = (length: number, value: number) => new Uint8Array(length).fill(value)

const job = (message: number, signature: number, publicKey = 9): VerifyJob => ({
  scheme: 'secp256k1',
  message: filled(32, message),
  signature: filled(64, signature),
  publicKey: filled(33, publicKey),
})

test('a signature is verified once, whatever the verdict', () => {
  const { verifier, batches } = counting()
  const cache = new SignatureCache(verifier)
  expect(cache.verifyAll([job(1, 1), job(2, 0)])).toEqual([true, false])
  expect(cache.verifyAll([job(2, 0), job(3, 1), job(1, 1)])).toEqual([false, true, true])
  expect(cache.verifyAll([job(1, 1)])).toEqual([true])
  expect(cache.verifyAll([])).toEqual([])
  expect(batches).toEqual([2, 1])
  expect(cache.counters).toEqual({ hits: 3, misses: 3, verified: 3 })
  expect([cache.entries, cache.capacity]).toEqual([3, 100_000])
})

test('one that stands twice in a batch is verified once', () => {
  const { verifier, batches } = counting()
  const cache = new SignatureCache(verifier)
  expect(cache.verifyAll([job(1, 1), job(1, 1), job(2, 0), job(1, 1)])).toEqual([true, true, false, true])
  expect(batches).toEqual([2])
  expect(cache.counters).toEqual({ hits: 0, misses: 4, verified: 2 })
})

test('another digest, key, signature or scheme is another question', () => {
  const { verifier } = counting()
  const cache = new SignatureCache(verifier)
  const one = job(1, 1)
  const others = [job(2, 1), job(1, 2), job(1, 1, 8), { ...one, scheme: 'p256' as const }]
  cache.verifyAll([one, ...others])
  for (const each of [one, ...others]) cache.verifyAll([each])
  expect(cache.counters).toEqual({ hits: 5, misses: 5, verified: 5 })
})

test.each([
  ['digest', 32],
  ['publicKey', 33],
  ['signature', 64],
])('no byte of the %s may differ', (part, length) => {
  const { verifier } = counting()
  const cache = new SignatureCache(verifier)
  const one = job(1, 1)
  const name = part === 'digest' ? 'message' : (part as 'publicKey' | 'signature')
  cache.verifyAll([one])
  for (let i = 0; i < length; i++) {
    const other = { ...one, [name]: one[name].with(i, 77) }
    cache.verifyAll([other])
  }
  expect(cache.counters).toEqual({ hits: 0, misses: 1 + length, verified: 1 + length })
})

test('ed25519 signs messages of any length, each another question, none that of a digest', () => {
  const { verifier } = counting()
  const cache = new SignatureCache(verifier)
  const signed = (length: number): VerifyJob => ({
    ...job(1, 1),
    scheme: 'ed25519',
    message: filled(length, 1),
    publicKey: filled(32, 9),
  })
  const jobs = [signed(0), signed(1), signed(32), signed(1_000), job(1, 1)]
  expect(cache.verifyAll(jobs)).toEqual([true, true, true, true, true])
  cache.verifyAll(jobs)
  expect(cache.counters).toEqual({ hits: 5, misses: 5, verified: 5 })
})

test('what was not used lately is forgotten and verified again', () => {
  const { verifier } = counting()
  const cache = new SignatureCache(verifier, 4)
  cache.verifyAll([job(1, 1)])
  for (let i = 2; i < 12; i++) cache.verifyAll([job(i, 1)])
  cache.verifyAll([job(11, 1)])
  expect(cache.counters).toEqual({ hits: 1, misses: 11, verified: 11 })
  cache.verifyAll([job(1, 1)])
  expect(cache.counters.verified).toBe(12)
  expect([cache.entries, cache.capacity]).toEqual([4, 4])
})

test('in a batch larger than the cache every verdict is still right', () => {
  const { verifier } = counting()
  const cache = new SignatureCache(verifier, 4)
  const jobs = Array.from({ length: 50 }, (_, i) => job(i, i % 2))
  expect(cache.verifyAll(jobs)).toEqual(jobs.map((_, i) => i % 2 === 1))
})

test.each([
  ['a signature', { signature: filled(65, 1) }],
  ['a signature', { signature: filled(63, 1) }],
  ['a key', { publicKey: filled(65, 1) }],
  ['a digest', { message: filled(31, 1) }],
  ['an ed25519 key', { scheme: 'ed25519' as const }],
])('what has another length than %s is none: neither verified nor kept', (_, part) => {
  const { verifier, batches } = counting()
  const cache = new SignatureCache(verifier)
  const wrong = { ...job(1, 1), ...part }
  expect(cache.verifyAll([wrong, job(2, 1), wrong])).toEqual([false, true, false])
  expect(batches).toEqual([1])
  expect(cache.counters).toEqual({ hits: 0, misses: 1, verified: 1 })
})

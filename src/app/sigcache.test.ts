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

const job = (message: number, signature: number, publicKey = 9): VerifyJob => ({
  scheme: 'secp256k1',
  message: Uint8Array.of(message),
  signature: Uint8Array.of(signature),
  publicKey: Uint8Array.of(publicKey),
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
  // The same bytes, cut elsewhere.
  const cut = { ...one, message: Uint8Array.of(1, 9), publicKey: Uint8Array.of() }
  cache.verifyAll([one, ...others, cut])
  expect(cache.counters.verified).toBe(6)
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
})

test('in a batch larger than the cache every verdict is still right', () => {
  const { verifier } = counting()
  const cache = new SignatureCache(verifier, 4)
  const jobs = Array.from({ length: 50 }, (_, i) => job(i, i % 2))
  expect(cache.verifyAll(jobs)).toEqual(jobs.map((_, i) => i % 2 === 1))
})

test('what is too long for a signature is no signature: neither verified nor kept', () => {
  const { verifier, batches } = counting()
  const cache = new SignatureCache(verifier)
  const long = { ...job(1, 1), signature: new Uint8Array(65).fill(1) }
  expect(cache.verifyAll([long, job(2, 1), long])).toEqual([false, true, false])
  expect(batches).toEqual([1])
  expect(cache.counters).toEqual({ hits: 0, misses: 1, verified: 1 })
})

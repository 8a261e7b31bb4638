import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from './bytes.ts'
import { sha256 } from './hash.ts'
import type { VerifyJob } from './verifier.ts'
import { availableVerifier } from './verifier-available.ts'
import { nativeVerifier, VerifierError } from './verifier-native.ts'
import { portableVerifier } from './verifier-portable.ts'

const native = nativeVerifier()
const both = [native, portableVerifier]

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const P = 2n ** 256n - 2n ** 32n - 977n

const scalar = (value: bigint) => fromHex(value.toString(16).padStart(64, '0'))
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))

const secret = scalar(0xc0ffeen)
const publicKey = secp256k1.getPublicKey(secret, true)
const digest = sha256(Uint8Array.of(1, 2, 3))
const signature = secp256k1.sign(digest, secret, { prehash: false, lowS: true })
const r = signature.subarray(0, 32)
const s = signature.subarray(32)
const highS = scalar(N - BigInt(`0x${toHex(s)}`))

function verdict(of: { digest?: Uint8Array; signature?: Uint8Array; publicKey?: Uint8Array }): boolean[] {
  const job = { digest, signature, publicKey, ...of }
  return both.map((verifier) => verifier.verifySecp256k1(job.digest, job.signature, job.publicKey))
}

describe('secp256k1', () => {
  test('a good signature is accepted', () => {
    expect(verdict({})).toEqual([true, true])
  })

  const uncompressed = secp256k1.getPublicKey(secret, false)
  const hybrid = join(Uint8Array.of(6 + ((uncompressed[64] as number) & 1)), uncompressed.subarray(1))
  const otherParity = join(Uint8Array.of(5 - (publicKey[0] as number)), publicKey.subarray(1))
  test.each<[string, Parameters<typeof verdict>[0]]>([
    ['high s', { signature: join(r, highS) }],
    ['r = 0', { signature: join(scalar(0n), s) }],
    ['s = 0', { signature: join(r, scalar(0n)) }],
    ['r = s = 0', { signature: join(scalar(0n), scalar(0n)) }],
    ['r = n', { signature: join(scalar(N), s) }],
    ['s = n', { signature: join(r, scalar(N)) }],
    ['r = n + 1', { signature: join(scalar(N + 1n), s) }],
    ['r = p', { signature: join(scalar(P), s) }],
    ['r = s = 2^256 - 1', { signature: new Uint8Array(64).fill(255) }],
    ['s = (n + 1) / 2, the least high one', { signature: join(r, scalar((N + 1n) / 2n)) }],
    ['r and s exchanged', { signature: join(s, r) }],
    ['63 bytes', { signature: signature.subarray(0, 63) }],
    ['65 bytes', { signature: join(signature, Uint8Array.of(0)) }],
    ['no bytes', { signature: new Uint8Array(0) }],
    ['a DER encoding', { signature: join(fromHex('304402'), signature).subarray(0, 64) }],
    ['another digest', { digest: sha256(digest) }],
    ['a digest of 31 bytes', { digest: digest.subarray(1) }],
    ['no digest', { digest: new Uint8Array(0) }],
    ['the key of the other parity', { publicKey: otherParity }],
    ['an uncompressed key', { publicKey: uncompressed }],
    ['a hybrid key', { publicKey: hybrid }],
    ['an uncompressed key cut to 33 bytes', { publicKey: uncompressed.subarray(0, 33) }],
    ['a key with prefix 0', { publicKey: join(Uint8Array.of(0), publicKey.subarray(1)) }],
    ['the point at infinity', { publicKey: Uint8Array.of(0) }],
    ['x = 0, not on the curve', { publicKey: join(Uint8Array.of(2), scalar(0n)) }],
    ['x = 5, not on the curve', { publicKey: join(Uint8Array.of(2), scalar(5n)) }],
    ['x = p', { publicKey: join(Uint8Array.of(2), scalar(P)) }],
    // 1 is on the curve, so p + 1 would be it once more, were it reduced.
    ['x = p + 1', { publicKey: join(Uint8Array.of(2), scalar(P + 1n)) }],
    ['x = 2^256 - 1', { publicKey: join(Uint8Array.of(3), new Uint8Array(32).fill(255)) }],
    ['no key', { publicKey: new Uint8Array(0) }],
  ])('%s is refused', (_, job) => {
    expect(verdict(job)).toEqual([false, false])
  })

  test('digests of 0, n, n + 1 and 2^256 - 1 are taken modulo n by both', () => {
    for (const value of [0n, N, N + 1n, 2n ** 256n - 1n]) {
      const message = scalar(value)
      const made = secp256k1.sign(message, secret, { prehash: false, lowS: true })
      expect(verdict({ digest: message, signature: made })).toEqual([true, true])
    }
    const made = secp256k1.sign(scalar(1n), secret, { prehash: false, lowS: true })
    expect(verdict({ digest: scalar(N + 1n), signature: made })).toEqual([true, true])
  })

  test('an r that only matches modulo n is accepted by both', () => {
    // R.x between n and p needs a point with such an x; the first one above n is found by search, then a key is made
    // for which it is the nonce point: Q = r^-1 (s R - z G) with s = 1.
    let x = N + 1n
    for (; ; x++) {
      try {
        secp256k1.Point.fromBytes(join(Uint8Array.of(2), scalar(x)))
        break
      } catch {}
    }
    const point = secp256k1.Point.fromBytes(join(Uint8Array.of(2), scalar(x)))
    const rr = x - N
    const z = BigInt(`0x${toHex(digest)}`) % N
    const inverse = secp256k1.Point.Fn.inv(rr)
    const q = point.subtract(secp256k1.Point.BASE.multiply(z)).multiply(inverse)
    expect(verdict({ signature: join(scalar(rr), scalar(1n)), publicKey: q.toBytes(true) })).toEqual([
      true,
      true,
    ])
    // x itself is not below n, so it is no r.
    expect(verdict({ signature: join(scalar(x), scalar(1n)), publicKey: q.toBytes(true) })).toEqual([
      false,
      false,
    ])
  })

  test('both back ends give the same verdict on damaged input', () => {
    const special = fc.constantFrom(
      0n,
      1n,
      N - 1n,
      N,
      N + 1n,
      (N - 1n) / 2n,
      (N + 1n) / 2n,
      P - 1n,
      P,
      2n ** 256n - 1n,
    )
    const word = fc.oneof(special, fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })).map(scalar)
    const key = fc.oneof(
      fc.constant(publicKey),
      fc.tuple(fc.constantFrom(0, 2, 3, 4, 6, 7), word).map(([prefix, x]) => join(Uint8Array.of(prefix), x)),
      fc.uint8Array({ minLength: 0, maxLength: 66 }),
    )
    const sig = fc.oneof(
      fc.constant(signature),
      fc.tuple(fc.constantFrom(r, s, highS), word).map(([a, b]) => join(a, b)),
      fc.tuple(word, word).map(([a, b]) => join(a, b)),
      fc
        .tuple(fc.nat(63), fc.nat(7))
        .map(([at, bit]) => signature.map((v, i) => (i === at ? v ^ (1 << bit) : v))),
    )
    const message = fc.oneof(fc.constant(digest), word)
    fc.assert(
      fc.property(message, sig, key, (m, g, k) => {
        const [one, two] = verdict({ digest: m, signature: g, publicKey: k })
        return one === two
      }),
      { numRuns: 400 },
    )
  })

  test('what one signs both accept', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: N - 1n }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (d, m) => {
          const made = secp256k1.sign(m, scalar(d), { prehash: false, lowS: true })
          const key = secp256k1.getPublicKey(scalar(d), true)
          return !verdict({ digest: m, signature: made, publicKey: key }).includes(false)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('P-256', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  const [x, y] = [Buffer.from(jwk.x as string, 'base64url'), Buffer.from(jwk.y as string, 'base64url')]
  const key = join(Uint8Array.of(2 + ((y[31] as number) & 1)), x)
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const message = Uint8Array.of(7)
  const made = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  const value = BigInt(`0x${toHex(made.subarray(32))}`)
  const low = join(made.subarray(0, 32), scalar(value > order / 2n ? order - value : value))
  const high = join(made.subarray(0, 32), scalar(value > order / 2n ? value : order - value))

  test('signatures of OpenSSL are accepted with the low s only', () => {
    expect(both.map((v) => v.verifyP256(sha256(message), low, key))).toEqual([true, true])
    expect(both.map((v) => v.verifyP256(sha256(message), high, key))).toEqual([false, false])
    expect(native.verifyP256(sha256(Uint8Array.of(8)), low, key)).toBe(false)
    expect(native.verifyP256(sha256(message), low, join(Uint8Array.of(4), x))).toBe(false)
    expect(native.verifyP256(sha256(message), low.subarray(1), key)).toBe(false)
  })
})

describe('ed25519', () => {
  // RFC 8032, 7.1, test 2.
  const key = fromHex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
  const made = fromHex(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  )
  test('the signature of the standard is accepted for its message only', () => {
    expect(native.verifyEd25519(Uint8Array.of(0x72), made, key)).toBe(true)
    expect(native.verifyEd25519(Uint8Array.of(0x73), made, key)).toBe(false)
    expect(native.verifyEd25519(Uint8Array.of(0x72), made.subarray(1), key)).toBe(false)
    expect(native.verifyEd25519(Uint8Array.of(0x72), made, key.subarray(1))).toBe(false)
  })
  test('a small-order key, under which anything verifies, is refused', () => {
    const identity = join(Uint8Array.of(1), new Uint8Array(31))
    const forged = join(identity, new Uint8Array(32))
    expect(native.verifyEd25519(Uint8Array.of(0x72), forged, identity)).toBe(false)
  })
  test('agrees with OpenSSL', () => {
    const { privateKey, publicKey: other } = generateKeyPairSync('ed25519')
    const raw = Buffer.from(other.export({ format: 'jwk' }).x as string, 'base64url')
    expect(
      native.verifyEd25519(
        digest,
        sign(null, digest, createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))),
        raw,
      ),
    ).toBe(true)
  })
})

test('a batch gives one verdict a job, in order', () => {
  const good: VerifyJob = { scheme: 'secp256k1', message: digest, signature, publicKey }
  const jobs: VerifyJob[] = [good, { ...good, message: sha256(digest) }, { ...good, scheme: 'p256' }, good]
  for (const verifier of both) expect(verifier.batch(jobs)).toEqual([true, false, false, true])
  expect(native.batch([])).toEqual([])
})

describe('the native verifier', () => {
  test('is replaced by the portable one, which is said, only where that is enough', () => {
    const missing = () => {
      throw Object.assign(new Error("Cannot find module 'secp256k1/bindings'\n- somewhere"), {
        code: 'MODULE_NOT_FOUND',
      })
    }
    const reasons: string[] = []
    expect(availableVerifier(({ message }) => reasons.push(message), missing)).toBe(portableVerifier)
    expect(reasons).toEqual([
      "the native secp256k1 binding does not load: Cannot find module 'secp256k1/bindings'; " +
        'run "npm install secp256k1"',
    ])
    expect(availableVerifier().name).toBe(native.name)
    expect(() => nativeVerifier(missing)).toThrow(VerifierError)
  })

  test('says how to mend a binding that does not load', () => {
    const missing = () => {
      throw new Error('No native build was found\n  at …')
    }
    expect(() => nativeVerifier(missing)).toThrow(VerifierError)
    expect(() => nativeVerifier(missing)).toThrow(
      'the native secp256k1 binding does not load: No native build was found; run "npm rebuild secp256k1"',
    )
  })
  test.each([true, false])('refuses a binding that always says %s', (answer) => {
    expect(() => nativeVerifier(() => ({ ecdsaVerify: () => answer }))).toThrow(
      'answers a known case wrongly',
    )
  })
})

/**
 * Private keys in files of the Web3 Secret Storage definition, version 3: what geth, ethers, Foundry and most Ethereum
 * tools read and write. Key derivation by scrypt or PBKDF2, AES-128-CTR, a MAC by keccak-256.
 */

import {
  createCipheriv,
  createDecipheriv,
  pbkdf2Sync,
  randomBytes,
  randomUUID,
  scryptSync,
} from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { scrypt as portableScrypt } from '@noble/hashes/scrypt.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { concat, fromHex, toHex, ValueError } from '#lib/bytes.ts'

/** A key file that cannot be read, or a password that does not open it. */
export class KeyFileError extends ValueError {
  override readonly name = 'KeyFileError'
}

interface ScryptParams {
  readonly dklen: number
  readonly n: number
  readonly r: number
  readonly p: number
  readonly salt: string
}

interface Pbkdf2Params {
  readonly dklen: number
  readonly c: number
  readonly prf: string
  readonly salt: string
}

/** The content of a key file. */
export interface Web3Secret {
  readonly version: 3
  readonly id: string
  /** The Ethereum address of the key, 40 hex digits; tools compare it after opening. */
  readonly address?: string
  readonly crypto: {
    readonly cipher: string
    readonly cipherparams: { readonly iv: string }
    readonly ciphertext: string
    readonly kdf: string
    readonly kdfparams: ScryptParams | Pbkdf2Params
    readonly mac: string
  }
}

/** Cost of scrypt; 2^17 takes some 0.3 s and 128 MiB, as ethers and OWASP have it. */
export const SCRYPT_N = 2 ** 17

/** A hostile file must not take all memory: 2^20 × 8 × 128 bytes is 1 GiB. */
const MAX_SCRYPT_BYTES = 2 ** 30
const MAX_PBKDF2_ROUNDS = 10_000_000

/** Locks a private key of 32 bytes. */
export function lockKey(privateKey: Uint8Array, password: string, n = SCRYPT_N): Web3Secret {
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  const kdfparams = { dklen: 32, n, r: 8, p: 1, salt: toHex(salt) }
  const derived = scrypt(password, kdfparams)
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = concat(cipher.update(privateKey), cipher.final())
  return {
    version: 3,
    id: randomUUID(),
    address: ethereumAddress(privateKey),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: toHex(iv) },
      ciphertext: toHex(ciphertext),
      kdf: 'scrypt',
      kdfparams,
      mac: toHex(macOf(derived, ciphertext)),
    },
  }
}

/** The private key of a file, 32 bytes. Throws {@link KeyFileError} for a wrong password or an unknown format. */
export function unlockKey(secret: Web3Secret, password: string): Uint8Array {
  const { cipher, cipherparams, ciphertext, mac } = checked(secret).crypto
  if (cipher !== 'aes-128-ctr')
    throw new KeyFileError(`crypto.cipher ${cipher} is not known, only aes-128-ctr`)
  const derived = derivedKey(secret.crypto, password)
  const locked = fromHex(ciphertext)
  if (toHex(macOf(derived, locked)) !== mac.toLowerCase())
    throw new KeyFileError('the password does not open the key')
  const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), fromHex(cipherparams.iv))
  const key = concat(decipher.update(locked), decipher.final())
  if (key.length !== 32 || !secp256k1.utils.isValidSecretKey(key)) {
    throw new KeyFileError('the file holds no secp256k1 key of 32 bytes')
  }
  return key
}

function checked(secret: Web3Secret): Web3Secret {
  const { version, crypto } = secret as Partial<Web3Secret>
  if (version !== 3) throw new KeyFileError(`version ${String(version)} is not 3 of the Web3 Secret Storage`)
  const texts = [crypto?.cipher, crypto?.ciphertext, crypto?.cipherparams?.iv, crypto?.mac, crypto?.kdf]
  if (texts.every((text) => typeof text === 'string') && typeof crypto?.kdfparams === 'object') return secret
  throw new KeyFileError('crypto lacks one of cipher, ciphertext, cipherparams.iv, kdf, kdfparams, mac')
}

function derivedKey({ kdf, kdfparams }: Web3Secret['crypto'], password: string): Uint8Array {
  if (kdfparams.dklen !== 32) throw new KeyFileError(`kdfparams.dklen ${kdfparams.dklen} is not 32`)
  if (kdf === 'scrypt') return scrypt(password, kdfparams as ScryptParams)
  if (kdf === 'pbkdf2') return pbkdf2(password, kdfparams as Pbkdf2Params)
  throw new KeyFileError(`crypto.kdf ${kdf} is not known, only scrypt and pbkdf2`)
}

function scrypt(password: string, { n, r, p, salt, dklen }: ScryptParams): Uint8Array {
  const memory = 128 * n * r
  const usable = [n, r, p].every((value) => Number.isSafeInteger(value) && value > 0) && p <= 64
  if (!usable || memory > MAX_SCRYPT_BYTES)
    throw new KeyFileError(`scrypt with n ${n}, r ${r}, p ${p} is out of bounds`)
  // OpenSSL holds to RFC 7914's bound on n, which files of the definition's time pass.
  if (16 * r < 64 && n >= 2 ** (16 * r)) {
    return portableScrypt(password, fromHex(salt), {
      N: n,
      r,
      p,
      dkLen: dklen,
      maxmem: 2 * memory + 1024 * 1024,
    })
  }
  return scryptSync(password, fromHex(salt), dklen, { N: n, r, p, maxmem: 2 * memory + 1024 * 1024 })
}

function pbkdf2(password: string, { c, prf, salt, dklen }: Pbkdf2Params): Uint8Array {
  if (prf !== 'hmac-sha256') throw new KeyFileError(`kdfparams.prf ${prf} is not known, only hmac-sha256`)
  if (!Number.isSafeInteger(c) || c < 1 || c > MAX_PBKDF2_ROUNDS)
    throw new KeyFileError(`kdfparams.c ${c} is out of bounds`)
  return pbkdf2Sync(password, fromHex(salt), c, dklen, 'sha256')
}

function macOf(derived: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return keccak_256(concat(derived.subarray(16, 32), ciphertext))
}

function ethereumAddress(privateKey: Uint8Array): string {
  return toHex(keccak_256(secp256k1.getPublicKey(privateKey, false).subarray(1)).subarray(12))
}

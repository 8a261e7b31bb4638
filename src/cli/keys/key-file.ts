import { readFileSync, type Stats, statSync } from 'node:fs'
import { fromHex } from '#lib/bytes.ts'
import { type KeyAlgorithm, type NamedKey, publicKeyInfo } from './key.ts'
import { multisigInfo } from './multisig.ts'
import { KeyFileError, type Web3Secret } from './web3-secret.ts'

/** A key file: any tool reads the Web3 secret, this one also what stands under `wadi`. */
export interface StoredKey extends Web3Secret {
  readonly wadi?: NamedKey
}

/** A key takes some 1,000 bytes, a multisig 200 a member. */
export const MAX_KEY_FILE_BYTES = 64 * 1024

/** The content of a key file; links are followed. Throws {@link KeyFileError} with what is wrong with it. */
export function readKeyFile(file: string): StoredKey {
  const { size } = statOf(file)
  if (size === 0) throw new KeyFileError('it is empty: restore it from a backup')
  if (size > MAX_KEY_FILE_BYTES)
    throw new KeyFileError(`it has ${size} bytes, and a key file has at most ${MAX_KEY_FILE_BYTES}`)
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new KeyFileError(
      `it is no JSON, or was cut off (${(error as Error).message}): restore it from a backup`,
    )
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as StoredKey
  throw new KeyFileError('it is no key file: it holds no JSON object')
}

/** A pipe would be waited for, and a device never ends. */
function statOf(file: string): Stats {
  let found: Stats
  try {
    found = statSync(file)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    throw new KeyFileError(unreadable[code] ?? (error as Error).message)
  }
  if (found.isFile()) return found
  throw new KeyFileError(found.isDirectory() ? 'it is a folder, not a file' : 'it is no ordinary file')
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist, or is a link to what does not exist',
  ELOOP: 'it is a link that leads to itself',
  EACCES: 'it may not be read by you: look at its rights and owner',
}

/** Throws {@link KeyFileError} if others than its owner may use a file: what is in it is not secret any more. */
export function refuseOthers(file: string): void {
  const mode = statOf(file).mode & 0o777
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  throw new KeyFileError(
    `others may use it (its mode is ${mode.toString(8).padStart(4, '0')}), so it is not opened\n` +
      `  - chmod 600 ${file}\n` +
      '  - if somebody may have read it, move what it owns to a new key',
  )
}

/** What a key file says about its key, held against its public keys: nothing else vouches for the address. */
export function storedInfo(name: string, { wadi }: StoredKey): NamedKey {
  if (wadi === undefined)
    throw new KeyFileError(
      `it does not say which address it has\n  - move it away and import it: "wadi keys import ${name} FILE"`,
    )
  const info = infoOf(name, wadi)
  if (info.address === wadi.address) return info
  const source = info.algorithm === 'multisig' ? 'its members make' : 'its public key makes'
  throw new KeyFileError(`${source} the address ${info.address}, not ${wadi.address}`)
}

const ALGORITHMS: readonly string[] = ['secp256k1', 'ethsecp256k1'] satisfies KeyAlgorithm[]

function infoOf(name: string, wadi: NamedKey): NamedKey {
  if (wadi.algorithm === 'multisig') {
    try {
      return multisigInfo(name, wadi.threshold, wadi.members)
    } catch (error) {
      throw new KeyFileError(`its members are no public keys: ${(error as Error).message}`)
    }
  }
  if (!ALGORITHMS.includes(wadi.algorithm))
    throw new KeyFileError(
      `its algorithm ${JSON.stringify(wadi.algorithm)} is none of ${ALGORITHMS.join(', ')}`,
    )
  try {
    return publicKeyInfo(name, fromHex(wadi.publicKey), wadi.algorithm)
  } catch (error) {
    throw new KeyFileError(`its public key is none: ${(error as Error).message}`)
  }
}

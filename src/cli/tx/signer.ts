import type { OfflineSigner } from '@cosmjs/proto-signing'
import { CommandError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { type KeyInfo, type KeySigner, type NamedKey, signerOf } from '../keys/key.ts'
import { devKey, type Keyring } from '../keys/keyring.ts'
import type { SignModeName } from './options.ts'

/** What can sign for an address: a key of the keyring, or a development account on the chains that have them. */
export function keyOf(keyring: Keyring, address: string, chainId: string): NamedKey | undefined {
  return keyring.find(address) ?? devKey(address, chainId)?.info
}

/** What people call an address: the name of its key, or itself where it has none here. */
export function nameOf(keyring: Keyring, address: string, chainId: string): string {
  return keyOf(keyring, address, chainId)?.name ?? address
}

/** The key that signs for an address alone. Throws {@link CommandError} if there is none, or if it is a multisig. */
export function signingKey(keyring: Keyring, address: string, chainId: string): KeyInfo {
  const key = keyOf(keyring, address, chainId)
  if (key === undefined) throw noKey(keyring, address)
  return key.algorithm === 'multisig' ? keyring.mustSign(address) : key
}

/** Nobody here can sign for an address. */
export function noKey(keyring: Keyring, address: string): CommandError {
  return new CommandError(
    `there is no key for ${address} in ${keyring.folder}`,
    [
      'name another with --from; "wadi keys list" shows those there are',
      'or sign elsewhere: --generate-only prints the unsigned transaction',
    ],
    EXIT.notFound,
  )
}

/** Opens a key; asks for its password. */
export async function openKey(keyring: Keyring, key: KeyInfo, chainId: string): Promise<KeySigner> {
  const isStored = keyring.find(key.address) !== undefined
  const privateKey = isStored ? await keyring.privateKey(key) : devKey(key.address, chainId)?.privateKey
  if (privateKey === undefined) throw noKey(keyring, key.address)
  return signerOf(privateKey, key.algorithm)
}

/** A signer that shows its public key before anybody is asked for its password. */
export class LateSigner {
  #key: KeyInfo | undefined
  #signer: KeySigner | undefined

  /** What CosmJS is given; it signs in the one way that it finds there. */
  readonly offline: OfflineSigner

  constructor(mode: SignModeName) {
    const getAccounts = async () => {
      if (this.#key === undefined) return []
      const { algorithm, address, publicKey } = this.#key
      return [{ address, algo: algorithm, pubkey: Buffer.from(publicKey, 'hex') }]
    }
    this.offline =
      mode === 'direct'
        ? { getAccounts, signDirect: (address, doc) => this.#opened().signDirect(address, doc) }
        : { getAccounts, signAmino: (address, doc) => this.#opened().signAmino(address, doc) }
  }

  /** From now on it is the signer of this key. */
  show(key: KeyInfo | undefined): void {
    this.#key = key
  }

  /** Opens the key; asks for its password. */
  async open(keyring: Keyring, key: KeyInfo, chainId: string): Promise<void> {
    this.#signer = await openKey(keyring, key, chainId)
  }

  #opened(): KeySigner {
    if (this.#signer === undefined) throw new CommandError('the key is still locked')
    return this.#signer
  }
}

import type { OfflineAminoSigner } from '@cosmjs/amino'
import type { OfflineDirectSigner } from '@cosmjs/proto-signing'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ADDRESS_PREFIX, addressBytes, addressText, fromHexAddress, toHexAddress } from '#lib/address.ts'
import { addressFromPubKey } from '#lib/address-pubkey.ts'
import { toHex } from '#lib/bytes.ts'

/** How a key makes addresses and signatures: as Cosmos wallets do, or as Ethereum's. */
export type KeyAlgorithm = 'secp256k1' | 'ethsecp256k1'

/** What is known of a key without opening it. */
export interface KeyInfo {
  readonly name: string
  readonly algorithm: KeyAlgorithm
  /** `wadi1…` */
  readonly address: string
  /** The same 20 bytes with 0x. */
  readonly hexAddress: string
  /** 33 bytes in hex. */
  readonly publicKey: string
}

/** An account that several keys own together. It has no private key: `threshold` of its members sign. */
export interface MultisigInfo {
  readonly name: string
  readonly algorithm: 'multisig'
  readonly address: string
  readonly hexAddress: string
  readonly threshold: number
  /** In the order that the address depends on. */
  readonly members: readonly MemberInfo[]
}

/** A key that signs for a multisig account, together with others. */
export type MemberInfo = Pick<KeyInfo, 'algorithm' | 'address' | 'publicKey'>

/** What a keyring knows under a name. */
export type NamedKey = KeyInfo | MultisigInfo

/** What is known of a private key. */
export function keyInfo(name: string, privateKey: Uint8Array, algorithm: KeyAlgorithm): KeyInfo {
  return publicKeyInfo(name, secp256k1.getPublicKey(privateKey, true), algorithm)
}

/** What is known of a public key of 33 bytes. */
export function publicKeyInfo(name: string, publicKey: Uint8Array, algorithm: KeyAlgorithm): KeyInfo {
  const address = addressFromPubKey({ kind: algorithm, key: publicKey })
  return {
    name,
    algorithm,
    address: addressText(address),
    hexAddress: toHexAddress(address),
    publicKey: toHex(publicKey),
  }
}

/** What signs with one key, in both of the forms that CosmJS knows. */
export type KeySigner = OfflineDirectSigner & OfflineAminoSigner

/** A CosmJS signer of one key. */
export async function signerOf(privateKey: Uint8Array, algorithm: KeyAlgorithm): Promise<KeySigner> {
  const { DirectEthSecp256k1Wallet, DirectSecp256k1Wallet } = await import('@cosmjs/proto-signing')
  const { aminoSignature } = await import('./amino.ts')
  const wallet = algorithm === 'secp256k1' ? DirectSecp256k1Wallet : DirectEthSecp256k1Wallet
  const direct = await wallet.fromKey(privateKey, ADDRESS_PREFIX)
  return {
    getAccounts: () => direct.getAccounts(),
    signDirect: (address, doc) => direct.signDirect(address, doc),
    signAmino: async (_address, doc) => ({
      signed: doc,
      signature: aminoSignature(privateKey, algorithm, doc),
    }),
  }
}

/** The bech32 spelling of an address written in bech32 or as 0x…; undefined for anything else. */
export function readAddress(text: string): string | undefined {
  if (text.startsWith('0x')) return addressText(fromHexAddress(text))
  return text.startsWith(`${ADDRESS_PREFIX}1`) ? addressText(addressBytes(text)) : undefined
}

import { addressBytes, addressText, toHexAddress } from '#lib/address.ts'
import { addressFromPubKey } from '#lib/address-pubkey.ts'
import { fromHex } from '#lib/bytes.ts'
import { UsageError } from '../errors.ts'
import { type KeyAlgorithm, type MemberInfo, type MultisigInfo, type NamedKey, publicKeyInfo } from './key.ts'

/** The multisig of these members in this order. Throws `AddressError` for what is no public key. */
export function multisigInfo(name: string, threshold: number, members: readonly MemberKey[]): MultisigInfo {
  const known = members.map(({ algorithm, publicKey }) => memberOf(fromHex(publicKey), algorithm))
  const keys = known.map(({ algorithm, publicKey }) => ({ kind: algorithm, key: fromHex(publicKey) }))
  const address = addressFromPubKey({ kind: 'multisig', threshold, keys })
  return {
    name,
    algorithm: 'multisig',
    address: addressText(address),
    hexAddress: toHexAddress(address),
    threshold,
    members: known,
  }
}

type MemberKey = Pick<MemberInfo, 'algorithm' | 'publicKey'>

function memberOf(key: Uint8Array, kind: KeyAlgorithm): MemberInfo {
  const { algorithm, address, publicKey } = publicKeyInfo('', key, kind)
  return { algorithm, address, publicKey }
}

/** What `--multisig` names. */
export interface MultisigOptions {
  readonly threshold: number
  /** Leaves the members in the order given; else they are sorted by address, as the Cosmos SDK does. */
  readonly keepOrder: boolean
  /** The key of a name or address; throws if there is none. */
  find(text: string): NamedKey
}

/**
 * Reads the members of a new multisig: names or addresses of keys, or public keys in hex (those of Ethereum with `eth:`
 * before them), with commas between. Throws {@link UsageError}.
 */
export function readMultisig(name: string, list: string, options: MultisigOptions): MultisigInfo {
  const { threshold, keepOrder, find } = options
  const members = list.split(',').map((text) => readMember(text.trim(), find))
  if (new Set(members.map(({ address }) => address)).size < members.length)
    throw new UsageError('--multisig names a key twice')
  if (threshold < 1 || threshold > members.length) {
    throw new UsageError(
      `--multisig-threshold ${threshold} is not possible: take 1 to ${members.length}, the members there are`,
    )
  }
  if (!keepOrder) members.sort((a, b) => (addressBytes(a.address) < addressBytes(b.address) ? -1 : 1))
  return multisigInfo(name, threshold, members)
}

const PUBLIC_KEY = /^(eth:)?(0[23][0-9a-f]{64})$/i

function readMember(text: string, find: MultisigOptions['find']): MemberInfo {
  const [, eth, hex] = PUBLIC_KEY.exec(text) ?? []
  if (hex !== undefined)
    return memberOf(fromHex(hex.toLowerCase()), eth === undefined ? 'secp256k1' : 'ethsecp256k1')
  const found = find(text)
  if (found.algorithm !== 'multisig') return found
  throw new UsageError(`${found.name} is a multisig itself, which cannot be a member of another`)
}

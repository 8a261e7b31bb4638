import {
  createMultisigThresholdPubkey,
  encodeEthSecp256k1Pubkey,
  encodeSecp256k1Pubkey,
  type SinglePubkey,
} from '@cosmjs/amino'
import { type EncodeObject, encodePubkey } from '@cosmjs/proto-signing'
import { type CompactBitArray, MultiSignature } from '#gen/cosmos/crypto/multisig/v1beta1/multisig.ts'
import { type SignatureDescriptors, SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, type SignerInfo, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { equalBytes, fromBase64, fromHex } from '#lib/bytes.ts'
import { toJson } from '#lib/proto-json.ts'
import { signatureJob } from '#lib/signature.ts'
import { availableVerifier } from '#lib/verifier-available.ts'
import type { WadiClient } from '../../client/client.ts'
import { wadiRegistry } from '../../client/registry.ts'
import type { RunContext } from '../context.ts'
import { CommandError, UsageError } from '../errors.ts'
import { aminoBytes } from '../keys/amino.ts'
import type { MemberInfo, MultisigInfo } from '../keys/key.ts'
import type { KeyringOptions } from '../options.ts'
import { addressBook, openKeyring } from '../session.ts'
import { aminoDoc, printTx, readJson, readTx } from './document.ts'
import type { SignOptions } from './options.ts'
import { type PlaceOptions, signingPlace } from './place.ts'
import { openKey, signingKey } from './signer.ts'

const DESCRIPTORS = 'cosmos.tx.signing.v1beta1.SignatureDescriptors'

/** Members sign amino JSON: of the encoded transaction they do not know which of them will be in it. */
const MODE = { single: { mode: SignMode.SIGN_MODE_LEGACY_AMINO_JSON } }

/** `wadi tx sign --multisig`: one member's signature of a transaction of the multisig `named`, and nothing else. */
export async function signAsMember(
  context: RunContext,
  file: string,
  named: string,
  options: SignOptions,
): Promise<void> {
  if (options.signMode === 'direct')
    throw new UsageError('members of a multisig sign amino JSON: leave out --sign-mode')
  const tx = readTx(file)
  const keyring = openKeyring(options)
  const place = await signingPlace(options, (chainId) => addressBook(keyring, chainId)(named))
  const own = addressBook(keyring, place.chainId)(options.from)
  const multisig = keyring.find(place.address)
  if (multisig?.algorithm === 'multisig' && !multisig.members.some(({ address }) => address === own))
    throw new CommandError(`${options.from} is no member of ${multisig.name}`, [
      `"wadi keys show ${multisig.name}" shows its members`,
    ])
  const key = signingKey(keyring, own, place.chainId)
  const signer = await openKey(keyring, key, place.chainId)
  const { signature } = await signer.signAmino(own, aminoDoc(tx, place))
  const descriptor = {
    publicKey: encodePubkey(memberKey(key)),
    data: { single: { ...MODE.single, signature: fromBase64(signature.signature) } },
    sequence: BigInt(place.sequence),
  }
  context.stdout.write(`${JSON.stringify(toJson(DESCRIPTORS, { signatures: [descriptor] }))}\n`)
}

/** `wadi tx multisign`: puts signatures of members into a transaction of their multisig, and prints it. */
export async function multisignFile(
  context: RunContext,
  file: string,
  name: string,
  signatureFiles: readonly string[],
  options: PlaceOptions & KeyringOptions,
): Promise<void> {
  const tx = readTx(file)
  const multisig = openKeyring(options).must(name)
  if (multisig.algorithm !== 'multisig')
    throw new CommandError(`${name} is no multisig`, ['sign for a single key with "wadi tx sign"'])
  const place = await signingPlace(options, () => multisig.address)
  const bytes = aminoBytes(aminoDoc(tx, place))
  const found = new Map<string, Uint8Array>()
  for (const source of signatureFiles) {
    const { signatures } = readJson<SignatureDescriptors>(source, DESCRIPTORS, 'list of signatures')
    for (const { publicKey, data } of signatures) {
      const member = multisig.members.find((each) => isKey(each, publicKey))
      if (member === undefined)
        throw new CommandError(`${source}: the signature of a key that is no member of ${name}`)
      const signature = data?.single?.signature ?? new Uint8Array()
      if (!fits(member, bytes, signature)) {
        throw new CommandError(
          `${source}: the signature of ${member.address} is not one of this transaction`,
          [
            `it has to be of the same file, chain ${place.chainId}, account ${place.accountNumber}, sequence ` +
              `${place.sequence}: "wadi tx sign ${file} --from MEMBER --multisig ${name}"`,
          ],
        )
      }
      found.set(member.address, signature)
    }
  }
  if (found.size < multisig.threshold) {
    throw new CommandError(`${multisig.threshold} members of ${name} have to sign, and ${found.size} did`)
  }
  const signed = multisig.members.map(({ address }) => found.get(address))
  const signerInfos = [signerInfo(multisig, place.sequence, signed)]
  printTx(context, {
    body: tx.body,
    authInfo: AuthInfo.fromPartial({ ...tx.authInfo, signerInfos }),
    signatures: [multiSignature(signed)],
  })
}

/** The gas that a message uses when as many members sign as have to. */
export async function multisigGas(
  client: WadiClient,
  multisig: MultisigInfo,
  message: EncodeObject,
  memo = '',
): Promise<bigint> {
  const { sequence } = (await client.accountNonce(multisig.address)) ?? { sequence: 0 }
  const blank = new Uint8Array(64)
  const signed = multisig.members.map((_, i) => (i < multisig.threshold ? blank : undefined))
  const body = TxBody.fromPartial({ messages: [wadiRegistry().encodeAsAny(message)], memo })
  const authInfo = AuthInfo.fromPartial({ signerInfos: [signerInfo(multisig, sequence, signed)], fee: {} })
  const txBytes = TxRaw.encode({
    bodyBytes: TxBody.encode(body).finish(),
    authInfoBytes: AuthInfo.encode(authInfo).finish(),
    signatures: [multiSignature(signed)],
  }).finish()
  return (await client.query.tx.simulate({ txBytes })).gasInfo?.gasUsed ?? 0n
}

type Signed = readonly (Uint8Array | undefined)[]

/** Who signs, of which members: `signed` has a signature for each member that did. */
function signerInfo({ threshold, members }: MultisigInfo, sequence: number, signed: Signed): SignerInfo {
  const given = signed.filter((signature) => signature !== undefined)
  const key = createMultisigThresholdPubkey(members.map(memberKey), threshold, true)
  return {
    publicKey: encodePubkey(key),
    modeInfo: { multi: { bitarray: bitArray(signed), modeInfos: given.map(() => MODE) } },
    sequence: BigInt(sequence),
  }
}

/** A bit a member, the first in the highest bit of the first byte, as the Cosmos SDK's CompactBitArray has it. */
function bitArray(signed: Signed): CompactBitArray {
  const elems = new Uint8Array(Math.ceil(signed.length / 8))
  for (const [i, signature] of signed.entries()) {
    if (signature !== undefined) elems[i >> 3] = (elems[i >> 3] ?? 0) | (0x80 >> (i & 7))
  }
  return { extraBitsStored: signed.length % 8, elems }
}

function multiSignature(signed: Signed): Uint8Array {
  const signatures = signed.filter((signature) => signature !== undefined)
  return MultiSignature.encode({ signatures }).finish()
}

/** The public key of a member, as CosmJS has it. */
function memberKey({ algorithm, publicKey }: MemberInfo): SinglePubkey {
  const bytes = fromHex(publicKey)
  return algorithm === 'secp256k1' ? encodeSecp256k1Pubkey(bytes) : encodeEthSecp256k1Pubkey(bytes)
}

function isKey(member: MemberInfo, given: { typeUrl: string; value: Uint8Array } | undefined): boolean {
  const { typeUrl, value } = encodePubkey(memberKey(member))
  return given !== undefined && typeUrl === given.typeUrl && equalBytes(value, given.value)
}

function fits({ algorithm, publicKey }: MemberInfo, bytes: Uint8Array, signature: Uint8Array): boolean {
  const job = signatureJob({ kind: algorithm, key: fromHex(publicKey) }, bytes, signature)
  return availableVerifier().batch([job])[0] === true
}

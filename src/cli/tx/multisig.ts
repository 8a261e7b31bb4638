import { pubkeyToAddress } from '@cosmjs/amino'
import { decodePubkey, type EncodeObject, encodePubkey } from '@cosmjs/proto-signing'
import { BaseAccount } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { LegacyAminoPubKey } from '#gen/cosmos/crypto/multisig/keys.ts'
import { type CompactBitArray, MultiSignature } from '#gen/cosmos/crypto/multisig/v1beta1/multisig.ts'
import { type SignatureDescriptors, SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, type SignerInfo, TxBody } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { ADDRESS_PREFIX } from '#lib/address.ts'
import { equalBytes, fromBase64, fromHex } from '#lib/bytes.ts'
import { toJson } from '#lib/proto-json.ts'
import { signatureJob } from '#lib/signature.ts'
import { availableVerifier } from '#lib/verifier-available.ts'
import { WadiClient } from '../../client/client.ts'
import { wadiRegistry } from '../../client/registry.ts'
import type { RunContext } from '../context.ts'
import { CommandError, UsageError } from '../errors.ts'
import { aminoBytes } from '../keys/amino.ts'
import type { MemberInfo, MultisigInfo } from '../keys/key.ts'
import type { Keyring } from '../keys/keyring.ts'
import { publicKeyAny, singlePubkey } from '../keys/public-key.ts'
import type { KeyringOptions } from '../options.ts'
import { addressBook, openKeyring, PATIENCE } from '../session.ts'
import type { WithOrigins } from './destination.ts'
import { aminoDoc, type DocumentOptions, emit, readJson, readTx, txBytes, txText } from './document.ts'
import type { SignOptions } from './options.ts'
import { type PlaceOptions, type SigningPlace, signingPlace, tellChain } from './place.ts'
import { keyOf, openKey, signingKey } from './signer.ts'
import { checkSigner, signersOfTx } from './signers.ts'

const DESCRIPTORS = 'cosmos.tx.signing.v1beta1.SignatureDescriptors'

/** Members sign amino JSON: of the encoded transaction they do not know which of them will be in it. */
const MODE = { single: { mode: SignMode.SIGN_MODE_LEGACY_AMINO_JSON } }

/** `wadi tx sign --multisig`: one member's signature of a transaction of the multisig `named`, in JSON. */
export async function signAsMember(
  context: RunContext,
  file: string,
  named: string,
  options: WithOrigins<SignOptions>,
): Promise<string> {
  if (options.signMode === 'direct')
    throw new UsageError('members of a multisig sign amino JSON: leave out --sign-mode')
  const tx = readTx(file)
  const keyring = openKeyring(options)
  const place = await signingPlace(options, (chainId) => addressBook(keyring, chainId)(named))
  checkSigner(keyring, place, { file, signers: signersOfTx(tx), named, flag: '--multisig' })
  const own = addressBook(keyring, place.chainId)(options.from)
  await checkMember(context, { keyring, place, own, named, options })
  const key = signingKey(keyring, own, place.chainId)
  const signer = await openKey(keyring, key, place.chainId)
  const { signature } = await signer.signAmino(own, aminoDoc(tx, place))
  const descriptor = {
    publicKey: publicKeyAny(key),
    data: { single: { ...MODE.single, signature: fromBase64(signature.signature) } },
    sequence: BigInt(place.sequence),
  }
  tellChain(context, place)
  return JSON.stringify(toJson(DESCRIPTORS, { signatures: [descriptor] }))
}

interface Membership {
  readonly keyring: Keyring
  readonly place: SigningPlace
  readonly own: string
  readonly named: string
  readonly options: SignOptions
}

/** Throws {@link CommandError} unless `own` is a member of the multisig; says so where nobody knows its members. */
async function checkMember(context: RunContext, membership: Membership): Promise<void> {
  const { keyring, place, own, named, options } = membership
  const multisig = keyOf(keyring, place.address, place.chainId)
  if (multisig !== undefined && multisig.algorithm !== 'multisig')
    throw new CommandError(`${named} is no multisig: it signs alone`, [`"wadi tx sign FILE --from ${named}"`])
  const members =
    multisig?.members.map(({ address }) => address) ?? (await knownMembers(place.address, options))
  if (members === undefined) {
    context.stderr.write(
      `Whether ${options.from} is a member of ${named} is not checked: its members are not known here.\n` +
        `  - name them: "wadi keys add NAME --multisig KEY,KEY,…"\n`,
    )
    return
  }
  if (members.includes(own)) return
  const fix =
    multisig === undefined
      ? 'sign with another key: --from'
      : `"wadi keys show ${multisig.name}" shows its members`
  throw new CommandError(`${options.from} is no member of ${named}`, [fix])
}

/** The members of a multisig that has signed on the chain before; undefined for one that has not, or without a node. */
async function knownMembers(address: string, options: SignOptions): Promise<string[] | undefined> {
  if (options.offline === true) return undefined
  const client = await WadiClient.connect(options.node, PATIENCE)
  const { account } = await client.query.auth.account({ address })
  if (account === undefined || account.typeUrl !== `/${BaseAccount.$type}`) return undefined
  const { pubKey } = BaseAccount.decode(account.value)
  if (pubKey?.typeUrl !== `/${LegacyAminoPubKey.$type}`) return undefined
  return LegacyAminoPubKey.decode(pubKey.value).publicKeys.map((key) =>
    pubkeyToAddress(decodePubkey(key), ADDRESS_PREFIX),
  )
}

/** `wadi tx multi-sign`: puts signatures of members into a transaction of their multisig, and prints it. */
export async function multisignFile(
  context: RunContext,
  file: string,
  name: string,
  signatureFiles: readonly string[],
  options: WithOrigins<PlaceOptions & KeyringOptions & DocumentOptions>,
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
  const authInfo = AuthInfo.fromPartial({
    ...tx.authInfo,
    signerInfos: [signerInfo(multisig, place.sequence, signed)],
  })
  emit(context, txText({ body: tx.body, authInfo, signatures: [multiSignature(signed)] }), options)
  tellChain(context, place)
}

/** The gas that a message uses when as many members sign as have to. */
export async function multisigGas(
  client: WadiClient,
  multisig: MultisigInfo,
  message: EncodeObject,
  memo = '',
): Promise<bigint> {
  const { sequence } = (await client.accountNonce(multisig.address)) ?? { sequence: 0 }
  const body = TxBody.fromPartial({ messages: [wadiRegistry().encodeAsAny(message)], memo })
  const { info, signature } = blankSigner(multisig, sequence)
  const authInfo = AuthInfo.fromPartial({ signerInfos: [info], fee: {} })
  const bytes = txBytes({ body, authInfo, signatures: [signature] })
  return (await client.query.tx.simulate({ txBytes: bytes })).gasInfo?.gasUsed ?? 0n
}

/** A multisig as a simulation takes it: as many empty signatures as there have to be. */
export function blankSigner(
  multisig: MultisigInfo,
  sequence: number,
): { info: SignerInfo; signature: Uint8Array } {
  const blank = new Uint8Array(64)
  const signed = multisig.members.map((_, i) => (i < multisig.threshold ? blank : undefined))
  return { info: signerInfo(multisig, sequence, signed), signature: multiSignature(signed) }
}

type Signed = readonly (Uint8Array | undefined)[]

/** Who signs, of which members: `signed` has a signature for each member that did. */
function signerInfo(multisig: MultisigInfo, sequence: number, signed: Signed): SignerInfo {
  const given = signed.filter((signature) => signature !== undefined)
  return {
    publicKey: publicKeyAny(multisig),
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

function isKey(member: MemberInfo, given: { typeUrl: string; value: Uint8Array } | undefined): boolean {
  const { typeUrl, value } = encodePubkey(singlePubkey(member))
  return given !== undefined && typeUrl === given.typeUrl && equalBytes(value, given.value)
}

function fits({ algorithm, publicKey }: MemberInfo, bytes: Uint8Array, signature: Uint8Array): boolean {
  const job = signatureJob({ kind: algorithm, key: fromHex(publicKey) }, bytes, signature)
  return availableVerifier().batch([job])[0] === true
}

import { addressBytes } from '#lib/address.ts'
import { clip, ValueError } from '#lib/bytes.ts'
import { sha256Text } from '#lib/hash.ts'
import { signersOf } from '#lib/reflect-signers.ts'
import { type AnyTypes, checkStrict } from '#lib/strict.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { DEFAULT_TX_LIMITS, type DecodedTx, type TxLimits, type TxMessage, type TxTimestamp } from './tx.ts'
import { type AuthInfo, readAuthInfo } from './tx-auth-info.ts'
import { readAny } from './tx-pubkey.ts'
import { BYTES, VARINT, WireReader } from './tx-wire.ts'

/** One type of messages. */
export interface MessageType {
  /** As `cosmos.bank.v1beta1.MsgSend`. */
  readonly typeName: string
  decode(bytes: Uint8Array): unknown
}

/** The message types a transaction may hold, by type URL. */
export interface MessageTypes {
  get(typeUrl: string): MessageType | undefined
  /** What messages may hold inside google.protobuf.Any; nothing when absent. */
  readonly any?: AnyTypes
}

export type TxDecoder = (bytes: Uint8Array) => DecodedTx

/**
 * Makes the decoder of transactions. It is strict, so that one transaction has one meaning and a stranger cannot change
 * its bytes: TxRaw follows ADR-027, unknown fields are refused everywhere but where TxBody marks them as not critical
 * (bit 11 of the field number), known ones may not be repeated. Whatever is wrong is an error of codespace `sdk`.
 */
export function createTxDecoder(types: MessageTypes, limits: TxLimits = DEFAULT_TX_LIMITS): TxDecoder {
  return (bytes) => {
    if (bytes.length > limits.maxBytes)
      throw sdk.txTooLarge(`${bytes.length} bytes, at most ${limits.maxBytes}`)
    const raw = readTxRaw(bytes, limits)
    const body = readTxBody(raw.bodyBytes, types, limits)
    const authInfo = readAuthInfo(raw.authInfoBytes, limits)
    return new Tx(bytes, raw, body, authInfo, signersOfTx(body.messages, authInfo.fee.payer, limits))
  }
}

/** Thousands wait decoded for their block, so what can be had from the bytes at any time is not kept. */
class Tx implements DecodedTx {
  readonly bytes: Uint8Array
  readonly signatures: readonly Uint8Array[]
  readonly messages: readonly TxMessage[]
  readonly memo: string
  readonly timeoutHeight: bigint
  readonly unordered: boolean
  readonly timeoutTimestamp: TxTimestamp | undefined
  readonly hasExtensionOptions: boolean
  readonly hasUnknownFields: boolean
  readonly signerInfos: AuthInfo['signerInfos']
  readonly fee: AuthInfo['fee']
  readonly hasTip: boolean
  readonly signers: readonly string[]
  verdicts?: NonNullable<DecodedTx['verdicts']>
  private readonly bodyEnd: number
  private readonly bodyLength: number
  private readonly authInfoEnd: number
  private readonly authInfoLength: number

  constructor(
    bytes: Uint8Array,
    { bodyBytes, authInfoBytes, signatures }: RawTx,
    body: TxBody,
    authInfo: AuthInfo,
    signers: readonly string[],
  ) {
    this.bytes = bytes
    this.signatures = signatures
    this.messages = body.messages
    this.memo = body.memo ?? ''
    this.timeoutHeight = body.timeoutHeight ?? 0n
    this.unordered = body.unordered ?? false
    this.timeoutTimestamp = body.timeoutTimestamp
    this.hasExtensionOptions = body.hasExtensionOptions
    this.hasUnknownFields = body.hasUnknownFields
    this.signerInfos = authInfo.signerInfos
    this.fee = authInfo.fee
    this.hasTip = authInfo.hasTip
    this.signers = signers
    this.bodyLength = bodyBytes.length
    this.bodyEnd = bodyBytes.byteOffset + bodyBytes.length - bytes.byteOffset
    this.authInfoLength = authInfoBytes.length
    this.authInfoEnd = authInfoBytes.byteOffset + authInfoBytes.length - bytes.byteOffset
  }

  get size(): number {
    return this.bytes.length
  }

  get hash(): string {
    return sha256Text(this.bytes)
  }

  get bodyBytes(): Uint8Array {
    return this.bytes.subarray(this.bodyEnd - this.bodyLength, this.bodyEnd)
  }

  get authInfoBytes(): Uint8Array {
    return this.bytes.subarray(this.authInfoEnd - this.authInfoLength, this.authInfoEnd)
  }
}

interface RawTx {
  readonly bodyBytes: Uint8Array
  readonly authInfoBytes: Uint8Array
  readonly signatures: readonly Uint8Array[]
}

/** TxRaw by ADR-027: fields in order, each length as short as it can be, body and auth info once. */
function readTxRaw(bytes: Uint8Array, limits: TxLimits): RawTx {
  const reader = new WireReader(bytes, 'cosmos.tx.v1beta1.TxRaw')
  const empty = bytes.subarray(0, 0)
  const parts: [Uint8Array, Uint8Array] = [empty, empty]
  const signatures: Uint8Array[] = []
  let previous = 0
  while (reader.more()) {
    const tag = reader.tag()
    const field = tag >>> 3
    // The tags of fields 1 to 3 have one byte each, so a longer spelling of one shows in the position.
    if (field > 3 || (tag & 7) !== BYTES) reader.refuse(tag)
    if (field < previous) throw reader.error(`field ${field} after field ${previous}, against ADR-027`)
    if (field === previous && field !== 3) throw reader.error(`field ${field} is repeated`)
    previous = field
    const start = reader.at
    const value = reader.bytesField()
    if (reader.at - start - value.length !== varintLength(value.length) || bytes[start - 1] !== tag) {
      throw reader.error(`field ${field} is not written as short as possible, against ADR-027`)
    }
    if (field < 3) parts[field - 1] = value
    else if (signatures.length < limits.maxSignatures) signatures.push(value)
    else throw sdk.tooManySignatures(`more than ${limits.maxSignatures}`)
  }
  return { bodyBytes: parts[0], authInfoBytes: parts[1], signatures }
}

function varintLength(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
}

interface TxBody {
  messages: TxMessage[]
  memo: string | undefined
  timeoutHeight: bigint | undefined
  unordered: boolean | undefined
  timeoutTimestamp: TxTimestamp | undefined
  hasExtensionOptions: boolean
  hasUnknownFields: boolean
}

const MESSAGES = 8 + BYTES
const MEMO = 16 + BYTES
const TIMEOUT_HEIGHT = 24 + VARINT
const UNORDERED = 32 + VARINT
const TIMEOUT_TIMESTAMP = 40 + BYTES
const EXTENSION_OPTIONS = 1023 * 8 + BYTES
const NON_CRITICAL_EXTENSION_OPTIONS = 2047

function readTxBody(bytes: Uint8Array, types: MessageTypes, limits: TxLimits): TxBody {
  const reader = new WireReader(bytes, 'cosmos.tx.v1beta1.TxBody')
  const body: TxBody = {
    messages: [],
    memo: undefined,
    timeoutHeight: undefined,
    unordered: undefined,
    timeoutTimestamp: undefined,
    hasExtensionOptions: false,
    hasUnknownFields: false,
  }
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === MESSAGES) {
      if (body.messages.length >= limits.maxMessages)
        throw reader.error(`more than ${limits.maxMessages} messages`)
      body.messages.push(readMessage(reader.message('google.protobuf.Any'), types))
    } else if (tag === MEMO && body.memo === undefined) body.memo = reader.text()
    else if (tag === TIMEOUT_HEIGHT && body.timeoutHeight === undefined) body.timeoutHeight = reader.uint64()
    else if (tag === UNORDERED && body.unordered === undefined) body.unordered = reader.bool()
    else if (tag === TIMEOUT_TIMESTAMP && body.timeoutTimestamp === undefined) {
      body.timeoutTimestamp = readTimestamp(reader.message('google.protobuf.Timestamp'))
    } else if (tag === EXTENSION_OPTIONS) {
      readAny(reader.message('google.protobuf.Any'))
      body.hasExtensionOptions = true
    } else if (isPassable(tag)) {
      reader.skip(tag)
      body.hasUnknownFields = true
    } else reader.refuse(tag)
  }
  if (body.messages.length === 0) throw sdk.invalidRequest('must contain at least one message')
  return body
}

/** Unknown fields whose number has bit 11 are not critical. Extension options are known, and of no known type. */
function isPassable(tag: number): boolean {
  const field = tag >>> 3
  return (field & 0x400) !== 0 && field !== NON_CRITICAL_EXTENSION_OPTIONS
}

function readMessage(reader: WireReader, types: MessageTypes): TxMessage {
  const { typeUrl, value } = readAny(reader)
  const type = types.get(typeUrl)
  if (type === undefined) throw sdk.txDecode(`unable to resolve type URL ${clip(typeUrl)}`)
  try {
    checkStrict(type.typeName, value, types.any === undefined ? {} : { any: types.any })
    return { typeUrl, typeName: type.typeName, value: type.decode(value) }
  } catch (error) {
    throw asTxDecode(error, typeUrl)
  }
}

function readTimestamp(reader: WireReader): TxTimestamp {
  let seconds: bigint | undefined
  let nanos: number | undefined
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 8 + VARINT && seconds === undefined) seconds = BigInt.asIntN(64, reader.uint64())
    else if (tag === 16 + VARINT && nanos === undefined) nanos = reader.uint32()
    else reader.refuse(tag)
  }
  const timestamp = { seconds: seconds ?? 0n, nanos: nanos ?? 0 }
  // The years 1 to 9999, as google.protobuf.Timestamp says.
  const valid = timestamp.seconds >= -62_135_596_800n && timestamp.seconds <= 253_402_300_799n
  if (!valid || timestamp.nanos > 999_999_999) throw reader.error('not a moment within the years 1 to 9999')
  return timestamp
}

/** The messages' signers in order, each once, then the payer of the fee if named and not among them. */
function signersOfTx(messages: readonly TxMessage[], payer: string, limits: TxLimits): readonly string[] {
  const signers: string[] = []
  for (const { typeName, typeUrl, value } of messages) {
    for (const signer of signersOf(typeName, value as object)) addSigner(signers, signer, typeUrl, limits)
  }
  if (payer !== '') addSigner(signers, payer, 'fee payer', limits)
  return signers
}

function addSigner(signers: string[], signer: string, where: string, { maxSignatures }: TxLimits): void {
  if (signers.includes(signer)) return
  if (signers.length >= maxSignatures) throw sdk.tooManySignatures(`more than ${maxSignatures} signers`)
  try {
    addressBytes(signer)
  } catch (error) {
    throw asTxDecode(error, `${where}: signer`)
  }
  signers.push(signer)
}

/** Values that cannot be read are the sender's fault; anything else is ours and passes through. */
function asTxDecode(error: unknown, where: string): unknown {
  return error instanceof ValueError ? sdk.txDecode(`${where}: ${error.message}`) : error
}

import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { ValueError } from '#lib/bytes.ts'
import { parseUint } from '#lib/int.ts'
import type { TxCoin } from '../kernel/ante.ts'
import { fail } from '../kernel/errors.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import type { ModeInfo, SignerInfo, TxLimits } from './tx.ts'
import { decodePublicKey, readAny } from './tx-pubkey.ts'
import { BYTES, VARINT, WireReader } from './tx-wire.ts'

/** `cosmos.tx.v1beta1.AuthInfo`, decoded. */
export interface AuthInfo {
  readonly signerInfos: readonly SignerInfo[]
  readonly fee: Fee
  readonly hasTip: boolean
}

export interface Fee {
  readonly amount: readonly TxCoin[]
  readonly gasLimit: bigint
  readonly payer: string
  readonly granter: string
}

const NO_FEE: Fee = { amount: [], gasLimit: 0n, payer: '', granter: '' }

const BYTES_1 = 8 + BYTES
const BYTES_2 = 16 + BYTES
const BYTES_3 = 24 + BYTES
const BYTES_4 = 32 + BYTES
const VARINT_1 = 8 + VARINT
const VARINT_2 = 16 + VARINT
const VARINT_3 = 24 + VARINT

const SINGLE_MODES: ReadonlyMap<number, ModeInfo> = new Map(
  Object.values(SignMode).map((mode) => [mode, { kind: 'single', mode }]),
)

/** Reads AuthInfo; unknown and repeated fields are refused at every level. */
export function readAuthInfo(bytes: Uint8Array, limits: TxLimits): AuthInfo {
  const reader = new WireReader(bytes, 'cosmos.tx.v1beta1.AuthInfo')
  const signerInfos: SignerInfo[] = []
  let fee: Fee | undefined
  let hasTip = false
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === BYTES_1) {
      if (signerInfos.length >= limits.maxSignatures) {
        throw sdk.tooManySignatures(`more than ${limits.maxSignatures} signer infos`)
      }
      signerInfos.push(readSignerInfo(reader.message('cosmos.tx.v1beta1.SignerInfo'), limits))
    } else if (tag === BYTES_2 && fee === undefined) {
      fee = readFee(reader.message('cosmos.tx.v1beta1.Fee'), limits)
    } else if (tag === BYTES_3 && !hasTip) {
      readTip(reader.message('cosmos.tx.v1beta1.Tip'), limits)
      hasTip = true
    } else reader.refuse(tag)
  }
  return { signerInfos, fee: fee ?? NO_FEE, hasTip }
}

function readSignerInfo(reader: WireReader, limits: TxLimits): SignerInfo {
  let publicKey: SignerInfo['publicKey']
  let mode: ModeInfo | undefined
  let sequence: bigint | undefined
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === BYTES_1 && publicKey === undefined) publicKey = readAny(reader.message('google.protobuf.Any'))
    else if (tag === BYTES_2 && mode === undefined) mode = readModeInfo(reader, limits, limits.maxKeyDepth)
    else if (tag === VARINT_3 && sequence === undefined) sequence = reader.uint64()
    else reader.refuse(tag)
  }
  // Refused here if it is no key; what it is made of is wanted once an account at most, so it is not kept.
  if (publicKey !== undefined) decodePublicKey(publicKey, limits.maxKeyDepth)
  return { publicKey, mode, sequence: sequence ?? 0n }
}

function readModeInfo(parent: WireReader, limits: TxLimits, maxDepth: number): ModeInfo | undefined {
  const reader = parent.message('cosmos.tx.v1beta1.ModeInfo')
  let mode: ModeInfo | undefined
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === BYTES_1 && mode === undefined)
      mode = readSingle(reader.message('cosmos.tx.v1beta1.ModeInfo.Single'))
    else if (tag === BYTES_2 && mode === undefined) mode = readMulti(reader, limits, maxDepth)
    else reader.refuse(tag)
  }
  return mode
}

function readSingle(reader: WireReader): ModeInfo {
  let mode: number | undefined
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === VARINT_1 && mode === undefined) mode = reader.uint32()
    else reader.refuse(tag)
  }
  return SINGLE_MODES.get(mode ?? 0) ?? fail(reader.error(`sign mode ${mode} does not exist`))
}

function readMulti(parent: WireReader, limits: TxLimits, maxDepth: number): ModeInfo {
  const reader = parent.message('cosmos.tx.v1beta1.ModeInfo.Multi')
  if (maxDepth <= 0) throw reader.error('multisigs are nested too deeply')
  let signed: readonly boolean[] | undefined
  const modes: ModeInfo[] = []
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === BYTES_1 && signed === undefined) {
      signed = readBitArray(reader.message('cosmos.crypto.multisig.v1beta1.CompactBitArray'), limits)
    } else if (tag === BYTES_2) {
      const mode = readModeInfo(reader, limits, maxDepth - 1)
      if (mode === undefined) throw reader.error('a signature of a multisig has no mode')
      if (modes.length >= limits.maxSignatures)
        throw sdk.tooManySignatures(`more than ${limits.maxSignatures}`)
      modes.push(mode)
    } else reader.refuse(tag)
  }
  return { kind: 'multi', signed: signed ?? [], modes }
}

/** CompactBitArray: bits from the highest of each byte; `extra_bits_stored` of the last byte count, 0 meaning all. */
function readBitArray(reader: WireReader, limits: TxLimits): readonly boolean[] {
  let extra: number | undefined
  let elements: Uint8Array | undefined
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === VARINT_1 && extra === undefined) extra = reader.uint32()
    else if (tag === BYTES_2 && elements === undefined) elements = reader.bytesField()
    else reader.refuse(tag)
  }
  const bytes = elements ?? new Uint8Array(0)
  const last = extra ?? 0
  if (last > 7 || (bytes.length === 0 && last !== 0))
    throw reader.error(`${last} extra bits of ${bytes.length} bytes`)
  const count = last === 0 ? bytes.length * 8 : (bytes.length - 1) * 8 + last
  if (count > limits.maxSignatures) throw sdk.tooManySignatures(`a multisig of ${count} keys`)
  return Array.from({ length: count }, (_, i) => (((bytes[i >> 3] as number) >> (7 - (i & 7))) & 1) === 1)
}

function readFee(reader: WireReader, limits: TxLimits): Fee {
  const amount: TxCoin[] = []
  let gasLimit: bigint | undefined
  let payer: string | undefined
  let granter: string | undefined
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === BYTES_1) amount.push(readCoin(reader, limits, amount.length))
    else if (tag === VARINT_2 && gasLimit === undefined) gasLimit = reader.uint64()
    else if (tag === BYTES_3 && payer === undefined) payer = reader.text()
    else if (tag === BYTES_4 && granter === undefined) granter = reader.text()
    else reader.refuse(tag)
  }
  return { amount, gasLimit: gasLimit ?? 0n, payer: payer ?? '', granter: granter ?? '' }
}

function readTip(reader: WireReader, limits: TxLimits): void {
  let coins = 0
  let tipper: string | undefined
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === BYTES_1) readCoin(reader, limits, coins++)
    else if (tag === BYTES_2 && tipper === undefined) tipper = reader.text()
    else reader.refuse(tag)
  }
}

function readCoin(parent: WireReader, limits: TxLimits, before: number): TxCoin {
  if (before >= limits.maxFeeCoins) throw parent.error(`more than ${limits.maxFeeCoins} coins`)
  const reader = parent.message('cosmos.base.v1beta1.Coin')
  let denom: string | undefined
  let amount: string | undefined
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === BYTES_1 && denom === undefined) denom = reader.text()
    else if (tag === BYTES_2 && amount === undefined) amount = reader.text()
    else reader.refuse(tag)
  }
  try {
    // So that nobody further on need ask whether an amount is a number.
    parseUint(amount ?? '', 256)
  } catch (error) {
    if (error instanceof ValueError) throw reader.error(`amount ${error.message}`)
    throw error
  }
  return { denom: denom ?? '', amount: amount ?? '' }
}

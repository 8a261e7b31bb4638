import { makeSignDoc, type StdSignDoc } from '@cosmjs/amino'
import { AminoTypes } from '@cosmjs/stargate'
import { AuthInfo, Tx, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { fromJson, JsonError, toJson } from '#lib/proto-json.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { wadiAminoConverters } from '../../client/amino.ts'
import { wadiRegistry } from '../../client/registry.ts'
import { anyTypes } from '../../client/services.ts'
import type { RunContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { readText, writeWhole } from '../files.ts'
import { fileProblem } from '../fixes.ts'
import type { SigningPlace } from './place.ts'

/** A transaction of a file, signed or not. */
export interface TxDocument {
  readonly body: TxBody
  readonly authInfo: AuthInfo
  readonly signatures: readonly Uint8Array[]
}

const TX = 'cosmos.tx.v1beta1.Tx'

/** Reads a transaction in proto3 JSON; `-` is the standard input. */
export function readTx(file: string): TxDocument {
  return checkedTx(readJson<Tx>(file, TX, 'transaction'), file)
}

/** Reads a transaction of a text; `name` says where the text stands. */
export function parseTx(text: string, name: string): TxDocument {
  return checkedTx(parseJson<Tx>(text, TX, name, 'transaction'), name)
}

function checkedTx({ body, authInfo, signatures }: Tx, name: string): TxDocument {
  if (body !== undefined && authInfo !== undefined) return { body, authInfo, signatures }
  throw new CommandError(`${name} is no transaction: it has no body or no auth_info`)
}

/** Reads a message in proto3 JSON from a file; `what` is its name for people. */
export function readJson<T>(file: string, type: string, what: string): T {
  let text: string
  try {
    text = readText(file)
  } catch (error) {
    throw new CommandError(fileProblem(error as Error) ?? (error as Error).message)
  }
  return parseJson(text, type, file === '-' ? 'the standard input' : file, what)
}

function parseJson<T>(text: string, type: string, name: string, what: string): T {
  registerCodecs(anyTypes())
  try {
    return fromJson<T>(type, JSON.parse(text))
  } catch (error) {
    if (!(error instanceof JsonError || error instanceof SyntaxError)) throw error
    throw new CommandError(`${name} is no ${what}: ${error.message}`)
  }
}

/** Where a command that makes transactions puts them. */
export interface DocumentOptions {
  readonly outputDocument?: string
}

/** Writes what a command has made: as a whole into the file that was named, else to the standard output. */
export function emit(context: RunContext, text: string, { outputDocument }: DocumentOptions): void {
  if (outputDocument === undefined) context.stdout.write(`${text}\n`)
  else writeWhole(outputDocument, `${text}\n`)
}

/** A transaction as {@link readTx} reads it, on one line. */
export function txText({ body, authInfo, signatures }: TxDocument): string {
  return JSON.stringify(toJson(TX, Tx.fromPartial({ body, authInfo, signatures: [...signatures] })))
}

/** The bytes of a transaction, as nodes take them. */
export function txBytes({ body, authInfo, signatures }: TxDocument): Uint8Array {
  return TxRaw.encode({
    bodyBytes: TxBody.encode(body).finish(),
    authInfoBytes: AuthInfo.encode(authInfo).finish(),
    signatures: [...signatures],
  }).finish()
}

/** What is signed under LEGACY_AMINO_JSON. Throws {@link CommandError} for what that form has no place for. */
export function aminoDoc({ body, authInfo }: TxDocument, place: SigningPlace): StdSignDoc {
  const left = unsignedPart(body, authInfo)
  if (left !== undefined)
    throw new CommandError(`amino JSON has no place for ${left}`, ['sign it with --sign-mode direct'])
  const registry = wadiRegistry()
  const types = new AminoTypes(wadiAminoConverters())
  const msgs = body.messages.map(({ typeUrl, value }) =>
    types.toAmino({ typeUrl, value: registry.decode({ typeUrl, value }) }),
  )
  const { amount = [], gasLimit = 0n, payer = '', granter = '' } = authInfo.fee ?? {}
  const fee = {
    amount,
    gas: gasLimit.toString(),
    ...(payer === '' ? {} : { payer }),
    ...(granter === '' ? {} : { granter }),
  }
  const { chainId, accountNumber, sequence } = place
  const timeout = body.timeoutHeight === 0n ? undefined : body.timeoutHeight
  return makeSignDoc(msgs, fee, chainId, body.memo, accountNumber, sequence, timeout)
}

function unsignedPart(body: TxBody, { tip }: AuthInfo): string | undefined {
  if (body.extensionOptions.length > 0 || body.nonCriticalExtensionOptions.length > 0)
    return 'extension options'
  if (tip !== undefined) return 'a tip'
  if (body.timeoutTimestamp !== undefined) return 'a timeout timestamp'
  return body.unordered ? 'unordered transactions' : undefined
}

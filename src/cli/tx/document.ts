import { readFileSync } from 'node:fs'
import { makeSignDoc, type StdSignDoc } from '@cosmjs/amino'
import { AminoTypes } from '@cosmjs/stargate'
import { type AuthInfo, Tx, type TxBody } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { fromJson, JsonError, toJson } from '#lib/proto-json.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { wadiAminoConverters } from '../../client/amino.ts'
import { wadiRegistry } from '../../client/registry.ts'
import { anyTypes } from '../../client/services.ts'
import type { RunContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { fileProblem } from '../fixes.ts'
import type { SigningPlace } from './place.ts'

/** A transaction of a file, signed or not. */
export interface TxDocument {
  readonly body: TxBody
  readonly authInfo: AuthInfo
  readonly signatures: readonly Uint8Array[]
}

/** Reads a transaction in proto3 JSON; `-` is the standard input. */
export function readTx(file: string): TxDocument {
  const { body, authInfo, signatures } = readJson<Tx>(file, 'cosmos.tx.v1beta1.Tx', 'transaction')
  if (body !== undefined && authInfo !== undefined) return { body, authInfo, signatures }
  throw new CommandError(`${file} is no transaction: it has no body or no auth_info`)
}

/** Reads a message in proto3 JSON from a file; `what` is its name for people. */
export function readJson<T>(file: string, type: string, what: string): T {
  registerCodecs(anyTypes())
  try {
    return fromJson<T>(type, JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8')))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!(error instanceof JsonError || error instanceof SyntaxError) && code === undefined) throw error
    throw new CommandError(
      fileProblem(error as Error) ?? `${file} is no ${what}: ${(error as Error).message}`,
    )
  }
}

/** Prints a transaction as {@link readTx} reads it. */
export function printTx(context: RunContext, { body, authInfo, signatures }: TxDocument): void {
  const tx = Tx.fromPartial({ body, authInfo, signatures: [...signatures] })
  context.stdout.write(`${JSON.stringify(toJson('cosmos.tx.v1beta1.Tx', tx))}\n`)
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

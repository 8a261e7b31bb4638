import { AuthInfo, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { toBase64, toHex } from '#lib/bytes.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { createTxDecoder } from '../../app/tx-decode.ts'
import { anyTypes, messageTypes } from '../../client/services.ts'
import { AppError } from '../../kernel/errors.ts'
import type { RunContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { readText } from '../files.ts'
import { parseBytes } from '../flags/values.ts'
import { type OutputFormat, print } from '../output.ts'
import { type DocumentOptions, emit, readTx, txBytes, txText } from './document.ts'

/** `wadi tx encode`: the bytes of a transaction. */
export async function encodeFile(
  context: RunContext,
  file: string,
  { hex, output }: { readonly hex?: boolean; readonly output: OutputFormat },
): Promise<void> {
  const bytes = txBytes(readTx(file))
  const text = hex === true ? toHex(bytes) : toBase64(bytes)
  await print(context, output, output === 'json' ? { tx: text } : text)
}

/** `wadi tx decode`: the transaction of bytes, read as strictly as a node does. */
export function decodeText(context: RunContext, text: string, options: DocumentOptions): void {
  const bytes = given(text)
  const types = new Map(
    messageTypes().map((type) => [`/${type.$type}`, { typeName: type.$type, decode: type.decode }]),
  )
  try {
    createTxDecoder(types)(bytes)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new CommandError(
      `these ${bytes.length} bytes are no transaction that a node takes: ${error.message}`,
    )
  }
  registerCodecs(anyTypes())
  const { bodyBytes, authInfoBytes, signatures } = TxRaw.decode(bytes)
  const tx = { body: TxBody.decode(bodyBytes), authInfo: AuthInfo.decode(authInfoBytes), signatures }
  emit(context, txText(tx), options)
}

/** A file may hold the bytes themselves, or their text. */
function given(text: string): Uint8Array {
  if (text === '-') return parseBytes(readText('-').trim())
  const bytes = parseBytes(text)
  if (!text.startsWith('@')) return bytes
  const inside = Buffer.from(bytes).toString('latin1').trim()
  return /^[0-9a-zA-Z+/=_-]+$/.test(inside) ? parseBytes(inside) : bytes
}

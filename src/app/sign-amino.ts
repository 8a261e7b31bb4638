import { aminoMessage, aminoSignBytes } from '#lib/amino-json.ts'
import { ValueError } from '#lib/bytes.ts'
import type { SigningAccount } from '../kernel/ante.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import type { DecodedTx } from './tx.ts'

/**
 * The sign bytes of SIGN_MODE_LEGACY_AMINO_JSON. The document has no place for extension options, unknown fields, tips,
 * a timeout timestamp or `unordered`; a transaction that has them is refused, or they would stand there unsigned.
 */
export function aminoBytesOf(tx: DecodedTx, account: SigningAccount, chainId: string): Uint8Array {
  const unsigned = unsignedPart(tx)
  if (unsigned !== undefined)
    throw sdk.invalidRequest(`SIGN_MODE_LEGACY_AMINO_JSON does not support ${unsigned}`)
  const { accountNumber, sequence } = account
  try {
    const msgs = tx.messages.map(({ typeName, value }) => aminoMessage(typeName, value as object))
    const { fee, memo, timeoutHeight } = tx
    return aminoSignBytes({ chainId, accountNumber, sequence, fee, msgs, memo, timeoutHeight })
  } catch (error) {
    if (error instanceof ValueError)
      throw sdk.invalidRequest(`no amino JSON of this transaction: ${error.message}`)
    throw error
  }
}

function unsignedPart(tx: DecodedTx): string | undefined {
  if (tx.hasExtensionOptions) return 'protobuf extension options'
  if (tx.hasUnknownFields) return 'unknown fields in the body'
  if (tx.hasTip) return 'tips'
  if (tx.timeoutTimestamp !== undefined) return 'a timeout timestamp'
  return tx.unordered ? 'unordered transactions' : undefined
}

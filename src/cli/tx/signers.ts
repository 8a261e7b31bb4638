import { type JsonObject, type JsonValue, toJson } from '#lib/proto-json.ts'
import { type DescMessage, messageOf, signerFields } from '#lib/reflect.ts'
import { wadiRegistry } from '../../client/registry.ts'
import { CommandError } from '../errors.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { TxDocument } from './document.ts'
import type { SigningPlace } from './place.ts'
import { nameOf } from './signer.ts'

/** The addresses that sign a message in JSON; of those that are not said yet, none. */
export function signersIn(json: JsonObject, message: DescMessage): string[] {
  return signerFields(message).flatMap((name) => {
    const inner = message.fields.find((field) => field.name === name)?.message
    const value = json[name]
    return (Array.isArray(value) ? value : [value]).flatMap((item: JsonValue | undefined) => {
      if (typeof item === 'string') return item === '' ? [] : [item]
      return inner !== undefined && isObject(item) ? signersIn(item, inner) : []
    })
  })
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The addresses that have to sign a transaction: those of its messages, and who pays for it. */
export function signersOfTx({ body, authInfo }: TxDocument): string[] {
  const registry = wadiRegistry()
  const signers = body.messages.flatMap((any) => {
    const message = messageOf(any.typeUrl.slice(1))
    return signersIn(toJson(message, registry.decode(any)) as JsonObject, message)
  })
  const payer = authInfo.fee?.payer ?? ''
  return [...new Set(payer === '' ? signers : [...signers, payer])]
}

/** Whose signature is asked for, and of what. */
interface Asked {
  /** Where the transaction stands. */
  readonly file: string
  /** The addresses that have to sign it. */
  readonly signers: readonly string[]
  /** What the command line calls the account, and with which flag. */
  readonly named: string
  readonly flag: '--from' | '--multisig'
}

/** Throws {@link CommandError} unless the account of `place` is a signer. */
export function checkSigner(
  keyring: Keyring,
  place: SigningPlace,
  { file, signers, named, flag }: Asked,
): void {
  const { address, chainId } = place
  if (signers.includes(address)) return
  const multisig = signers.map((signer) => keyring.find(signer)).find((key) => key?.algorithm === 'multisig')
  const names = signers.map((signer) => nameOf(keyring, signer, chainId)).join(', ')
  throw new CommandError(`${named} is no signer of ${file}: it takes the signature of ${names}`, [
    multisig === undefined
      ? `name a signer with ${flag === '--from' ? flag : '--from, without --multisig'}`
      : `to sign as a member of ${multisig.name}: --multisig ${multisig.name}`,
  ])
}

/** Reads `cosmos.ics23.v1.CommitmentProof`, strictly: what this reader does not know is no proof. */

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { VerificationError } from './errors.ts'

/** How the hash of a node is made of its child's. */
export interface InnerStep {
  readonly prefix: Uint8Array
  readonly suffix: Uint8Array
}

/** That a key has a value, with the way from its leaf up to the root. */
export interface Existence {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly leafPrefix: Uint8Array
  readonly path: readonly InnerStep[]
}

/** Either that a key is there, or its neighbours where it would be. */
export type Proof =
  | { readonly kind: 'exist'; readonly exist: Existence }
  | { readonly kind: 'absent'; readonly left: Existence | undefined; readonly right: Existence | undefined }

/** Bytes of one proof; values of this chain are a few thousand. */
const MAX_BYTES = 1 << 20
/** Steps from a leaf to the root; more than a tree of 2^40 leaves has. */
const MAX_STEPS = 64
const SHA256 = 1
const VAR_PROTO = 1

/** Throws {@link VerificationError}. */
export function readProof(data: Uint8Array): Proof {
  if (data.length > MAX_BYTES) throw new VerificationError('limit', `a proof of ${data.length} bytes`)
  try {
    return commitment(data)
  } catch (error) {
    if (error instanceof VerificationError) throw error
    throw broken((error as Error).message)
  }
}

const broken = (what: string): VerificationError =>
  new VerificationError('proof', `the proof cannot be read: ${what}`)

type Fields = ReadonlyMap<number, readonly (Uint8Array | number)[]>

/** The fields of a message; `bytes` and `numbers` are those that it may have. */
function fieldsOf(data: Uint8Array, bytes: readonly number[], numbers: readonly number[] = []): Fields {
  const found = new Map<number, (Uint8Array | number)[]>()
  const reader = new BinaryReader(data)
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    const list = found.get(field) ?? []
    found.set(field, list)
    if (wireType === WireType.LengthDelimited && bytes.includes(field)) list.push(reader.bytes())
    else if (wireType === WireType.Varint && numbers.includes(field)) list.push(reader.int32())
    else throw broken(`it has a field ${field} that is not expected`)
    if (reader.pos > reader.len) throw broken('it is cut off')
  }
  return found
}

function single(fields: Fields, field: number): Uint8Array | number | undefined {
  const values = fields.get(field)
  if (values === undefined) return undefined
  if (values.length > 1) throw broken(`field ${field} stands in it twice`)
  return values[0]
}

const bytesAt = (fields: Fields, field: number): Uint8Array =>
  (single(fields, field) as Uint8Array | undefined) ?? new Uint8Array()
const numberAt = (fields: Fields, field: number): number => (single(fields, field) as number | undefined) ?? 0

function commitment(data: Uint8Array): Proof {
  const fields = fieldsOf(data, [1, 2])
  const exist = single(fields, 1) as Uint8Array | undefined
  const absent = single(fields, 2) as Uint8Array | undefined
  if ((exist === undefined) === (absent === undefined))
    throw broken('it is neither of presence nor of absence')
  if (exist !== undefined) return { kind: 'exist', exist: existence(exist) }
  // Field 1, the key that is asked for, is left to the caller, who knows it.
  const neighbours = fieldsOf(absent as Uint8Array, [1, 2, 3])
  const left = single(neighbours, 2) as Uint8Array | undefined
  const right = single(neighbours, 3) as Uint8Array | undefined
  return { kind: 'absent', left: left && existence(left), right: right && existence(right) }
}

function existence(data: Uint8Array): Existence {
  const fields = fieldsOf(data, [1, 2, 3, 4])
  const leaf = fieldsOf(bytesAt(fields, 3), [5], [1, 2, 3, 4])
  const isUsual =
    numberAt(leaf, 1) === SHA256 &&
    numberAt(leaf, 2) === 0 &&
    numberAt(leaf, 3) === SHA256 &&
    numberAt(leaf, 4) === VAR_PROTO
  if (!isUsual) throw broken('its leaf is not hashed as in a tree of this chain')
  const steps = fields.get(4) ?? []
  if (steps.length > MAX_STEPS) throw new VerificationError('limit', `a proof of ${steps.length} steps`)
  return {
    key: bytesAt(fields, 1),
    value: bytesAt(fields, 2),
    leafPrefix: bytesAt(leaf, 5),
    path: steps.map((step) => innerStep(step as Uint8Array)),
  }
}

function innerStep(data: Uint8Array): InnerStep {
  const fields = fieldsOf(data, [2, 3], [1])
  if (numberAt(fields, 1) !== SHA256) throw broken('a step is not hashed with SHA-256')
  return { prefix: bytesAt(fields, 2), suffix: bytesAt(fields, 3) }
}

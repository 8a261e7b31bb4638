import { AddressError } from '#lib/address.ts'
import { ValueError } from '#lib/bytes.ts'
import { AppError, errors } from '../kernel/errors.ts'
import { HistoryBudgetError, VersionPrunedError } from '../store/errors.ts'

/** The status codes of gRPC that our answers use. */
export const GRPC = {
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const

const HTTP: Readonly<Record<number, number>> = {
  [GRPC.invalidArgument]: 400,
  [GRPC.outOfRange]: 400,
  [GRPC.notFound]: 404,
  [GRPC.resourceExhausted]: 429,
  [GRPC.unknown]: 500,
  [GRPC.internal]: 500,
  [GRPC.unimplemented]: 501,
  [GRPC.unavailable]: 503,
  [GRPC.deadlineExceeded]: 504,
}

/** The HTTP status of a gRPC code, as grpc-gateway maps them. */
export const httpStatus = (grpc: number): number => HTTP[grpc] ?? 500

/** What is wrong with the node that was asked, not with the question. */
export const nodeErr = errors('query', {
  busy: [2, 'the node has too many queries to answer: try again'],
  unavailable: [3, 'the query worker is starting: try again'],
  timeout: [4, 'the query took too long'],
  comet: [5, 'CometBFT does not answer'],
})

/** A question that gets no answer, in the words of every door: ABCI has codespace and code, the others a gRPC code. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly grpc: number
  readonly codespace: string
  readonly code: number

  constructor(grpc: number, codespace: string, code: number, message: string) {
    super(message)
    this.grpc = grpc
    this.codespace = codespace
    this.code = code
  }
}

/** A registered error that answers with another gRPC code than it would by itself. */
export function refuse(grpc: number, error: AppError): Refusal {
  return new Refusal(grpc, error.codespace, error.code, error.message)
}

// Codes of codespace `sdk` and `query` whose gRPC code does not follow from their text.
const BY_CODE: Readonly<Record<string, number>> = {
  'sdk/6': GRPC.unimplemented,
  'sdk/11': GRPC.resourceExhausted,
  'sdk/22': GRPC.notFound,
  'sdk/26': GRPC.outOfRange,
  'sdk/37': GRPC.unimplemented,
  'query/2': GRPC.resourceExhausted,
  'query/3': GRPC.unavailable,
  'query/4': GRPC.deadlineExceeded,
  'query/5': GRPC.unavailable,
}

function grpcOf({ codespace, code, description }: AppError): number {
  const known = BY_CODE[`${codespace}/${code}`]
  if (known !== undefined) return known
  return description.endsWith('not found') ? GRPC.notFound : GRPC.invalidArgument
}

/**
 * The refusal that an exception stands for. A module's registered error is the asker's fault: NOT_FOUND if its text
 * ends so, else INVALID_ARGUMENT. What nobody named is a bug: `onBug` is told, and the asker learns no more than that.
 */
export function refusalOf(error: unknown, onBug: (error: unknown) => void): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof AppError) return refuse(grpcOf(error), error)
  if (error instanceof VersionPrunedError) return new Refusal(GRPC.outOfRange, 'sdk', 38, error.message)
  if (error instanceof HistoryBudgetError)
    return new Refusal(GRPC.resourceExhausted, 'sdk', 11, error.message)
  if (error instanceof AddressError) {
    return new Refusal(GRPC.invalidArgument, 'sdk', 7, `${error.message}: invalid address`)
  }
  if (error instanceof ValueError) {
    return new Refusal(GRPC.invalidArgument, 'sdk', 18, `${error.message}: invalid request`)
  }
  onBug(error)
  return new Refusal(GRPC.internal, 'undefined', 1, 'internal error')
}

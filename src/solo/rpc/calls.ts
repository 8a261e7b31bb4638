/** JSON-RPC 2.0 as CometBFT's server speaks it: requests read, called, and answered as JSON texts. */
import { RpcRefusal } from '../errors.ts'
import { goDepthError, jsonKind } from '../go-errors.ts'
import type { SoloNode } from '../node.ts'
import { ArgumentError, argumentsOfJson } from './arguments.ts'
import type { Caller, Method, Methods } from './method.ts'

export type Id = string | number

export interface RpcRequest {
  readonly id: Id
  readonly method: string
  /** Undefined where the request has none. */
  readonly params: unknown
}

/** What is served, and to whom bugs are told. */
export interface RpcService {
  readonly node: SoloNode
  readonly methods: Methods
  readonly onBug: (error: unknown) => void
}

/** A request that cannot be read; the message is Go's. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
}

/** Reads one request; undefined for a notification, which nobody answers. */
export function readRequest(value: unknown): RpcRequest | undefined {
  if (value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value))
    throw new RequestError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${GO_REQUEST}`)
  const problem = goDepthError(value)
  if (problem !== undefined) throw new RequestError(problem)
  const { id, method = '', params } = value as Readonly<Record<string, unknown>>
  if (typeof method !== 'string')
    throw new RequestError(
      `json: cannot unmarshal ${jsonKind(method)} into Go struct field .method of type string`,
    )
  if (id === undefined || id === null) return undefined
  if (typeof id === 'string') return { id, method, params }
  if (typeof id === 'number' && Number.isSafeInteger(Math.trunc(id)))
    return { id: Math.trunc(id), method, params }
  throw new RequestError(`json-rpc ID (${goValue(id)}) is of unknown type (${goType(id)})`)
}

const GO_REQUEST =
  'struct { JSONRPC string "json:\\"jsonrpc\\""; ID interface {} "json:\\"id,omitempty\\""; ' +
  'Method string "json:\\"method\\""; Params json.RawMessage "json:\\"params\\"" }'

function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `map[${Object.entries(value)
    .map(([key, each]) => `${key}:${goValue(each)}`)
    .join(' ')}]`
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  return typeof value === 'boolean' ? 'bool' : 'map[string]interface {}'
}

/**
 * Calls a method by name, over HTTP or a WebSocket; the answer is a text, at once where nothing is waited for. Never
 * throws: one request must not end the node, or keep its caller waiting.
 */
export function answerCall(
  service: RpcService,
  request: RpcRequest,
  caller: Caller,
): string | Promise<string> {
  const failed = (error: unknown) => answerText(request.id, refusalOf(service, error))
  try {
    const answer = callByName(service, request, caller)
    return typeof answer === 'string' ? answer : answer.catch(failed)
  } catch (error) {
    return failed(error)
  }
}

function callByName(
  service: RpcService,
  { id, method: name, params }: RpcRequest,
  caller: Caller,
): string | Promise<string> {
  const overSocket = caller.deliver !== undefined
  const method = service.methods.get(name)
  if (method === undefined || (method.websocket && !overSocket)) return errorText(id, METHOD_NOT_FOUND)
  if (method.development && caller.devRefusal !== undefined)
    return errorText(id, INVALID_REQUEST, caller.devRefusal)
  // CometBFT's server trips over a call without arguments, and says so with an id of its own.
  if (params === undefined && Object.keys(method.signature).length > 0)
    return overSocket ? TOO_FEW_OVER_SOCKET : TOO_FEW_ARGUMENTS
  let args: Record<string, unknown>
  try {
    args = params === undefined ? {} : argumentsOfJson(method.signature, params)
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    const data = `error converting json params to arguments: ${error.message}`
    return errorText(id, overSocket ? INTERNAL_ERROR : INVALID_PARAMS, data)
  }
  const answer = perform(service, method, args, caller)
  if (answer instanceof Promise) return answer.then((each) => answerText(id, each))
  return answerText(id, answer)
}

/** What came of a call: its result, or why it was refused. */
export type Outcome = { readonly result: object } | Refusal

interface Refusal {
  readonly refusal: string
}

/** Performs a call when nothing is under way that it has to wait for. */
export function perform(
  service: RpcService,
  method: Method,
  args: Readonly<Record<string, unknown>>,
  caller: Caller,
): Outcome | Promise<Outcome> {
  const { node } = service
  const call = () => {
    try {
      const result = method.call(node, args as never, caller)
      if (!(result instanceof Promise)) return { result }
      return result.then(
        (value): Outcome => ({ result: value }),
        (error): Outcome => refusalOf(service, error),
      )
    } catch (error) {
      return refusalOf(service, error)
    }
  }
  return node.busy === undefined ? call() : whenIdle(node, call)
}

/** Nothing may stand between the look and the call: whoever else waits would begin there. */
async function whenIdle<T>(node: SoloNode, call: () => T | Promise<T>): Promise<T> {
  while (node.busy !== undefined) await node.busy
  return call()
}

/** Why a call failed, as its caller is told; what is no refusal is a bug, and told to the node's log. */
export function refusalOf({ onBug }: RpcService, error: unknown): Refusal {
  if (error instanceof RpcRefusal) return { refusal: error.message }
  onBug(error)
  return { refusal: 'internal error; the log of the node has the reason' }
}

export function answerText(id: Id, outcome: Outcome): string {
  if ('refusal' in outcome) return errorText(id, INTERNAL_ERROR, outcome.refusal)
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${JSON.stringify(outcome.result)}}`
}

export interface RpcErrorKind {
  readonly code: number
  readonly message: string
}

export const METHOD_NOT_FOUND: RpcErrorKind = { code: -32601, message: 'Method not found' }
export const PARSE_ERROR: RpcErrorKind = { code: -32700, message: 'Parse error. Invalid JSON' }
export const INVALID_REQUEST: RpcErrorKind = { code: -32600, message: 'Invalid Request' }
export const INVALID_PARAMS: RpcErrorKind = { code: -32602, message: 'Invalid params' }
export const INTERNAL_ERROR: RpcErrorKind = { code: -32603, message: 'Internal error' }
export const SERVER_ERROR: RpcErrorKind = { code: -32000, message: 'Server error' }

/** An error as an answer; without an id where it is not known whose it is. */
export function errorText(id: Id | undefined, { code, message }: RpcErrorKind, data = ''): string {
  const error = data === '' ? { code, message } : { code, message, data }
  return JSON.stringify({ jsonrpc: '2.0', ...(id === undefined ? {} : { id }), error })
}

export const URL_ID = -1

const TOO_FEW = 'reflect: Call with too few input arguments'
/** What CometBFT answers to a call whose `params` are missing although the method has some. */
export const TOO_FEW_ARGUMENTS: string = errorText(URL_ID, INTERNAL_ERROR, TOO_FEW)
const TOO_FEW_OVER_SOCKET: string = errorText(URL_ID, INTERNAL_ERROR, `WSJSONRPC: ${TOO_FEW}`)

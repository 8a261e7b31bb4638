import type { SoloNode } from '../node.ts'
import type { Arguments, Signature } from './arguments.ts'

/** Where a call came from. */
export interface Caller {
  /** The connection: what it is subscribed to ends with it. */
  readonly client: object
  /** Sends what a subscription matched; only over a WebSocket. */
  readonly deliver?: ((query: string) => (data: string, events: string) => void) | undefined
  /** Why it may not call methods for development; undefined where it may. */
  readonly devRefusal: string | undefined
}

/** A method of the RPC: its arguments, and what answers it. */
export interface Method {
  readonly signature: Signature
  /** Of WebSockets only. */
  readonly websocket: boolean
  /** Changes the chain at will: not for every web page. */
  readonly development?: true
  readonly call: (node: SoloNode, args: never, caller: Caller) => object | Promise<object>
}

export type Methods = ReadonlyMap<string, Method>

/** A method whose function is checked against its arguments. */
export function method<const S extends Signature>(
  signature: S,
  call: (node: SoloNode, args: Arguments<S>, caller: Caller) => object | Promise<object>,
): Method {
  return { signature, websocket: false, call: call as Method['call'] }
}

/** A method for development. */
export function devMethod<const S extends Signature>(
  signature: S,
  call: (node: SoloNode, args: Arguments<S>, caller: Caller) => object | Promise<object>,
): Method {
  return { ...method(signature, call), development: true }
}

/** A method of WebSockets. */
export function socketMethod<const S extends Signature>(
  signature: S,
  call: (node: SoloNode, args: Arguments<S>, caller: Caller) => object,
): Method {
  return { signature, websocket: true, call: call as Method['call'] }
}

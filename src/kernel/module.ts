import type { Any } from '#gen/google/protobuf/any.ts'
import { addressText, moduleAddress } from '#lib/address.ts'
import type { Unpacked } from '#lib/proto-json.ts'
import type { MessageCodec } from '#lib/reflect-codecs.ts'
import type { ProtoType } from './codec.ts'
import type { BlockContext, ReadContext, TxContext, WriteContext } from './context.ts'
import type { Deadlines } from './deadlines.ts'
import { assert } from './errors.ts'
import type { Subscription } from './hooks.ts'
import type { State } from './schema.ts'

/** A service as ts-proto's `generic-definitions` writes it. */
export interface ServiceDefinition {
  readonly name: string
  readonly fullName: string
  readonly methods: Readonly<Record<string, MethodDefinition>>
}

export interface MethodDefinition {
  readonly name: string
  readonly requestType: object
  readonly responseType: object
}

type MessageOf<C> = C extends { decode(...args: never[]): infer T } ? T : never

/**
 * One synchronous function per rpc. The compiler refuses a missing rpc, an unknown one, a wrong field, and an async
 * handler: a promise has a `then`, which no response may have, not even an empty one.
 */
export type Handlers<S extends ServiceDefinition, C> = {
  readonly [M in keyof S['methods']]: (
    ctx: C,
    request: MessageOf<S['methods'][M]['requestType']>,
  ) => MessageOf<S['methods'][M]['responseType']> & { readonly then?: never }
}

type AnyHandler<C> = (ctx: C, request: never) => object

/** A service and its handlers, by method. */
export interface Service<C> {
  readonly definition: ServiceDefinition
  readonly handlers: Readonly<Record<string, AnyHandler<C>>>
}

/** The messages of a module: names and types come from its generated Msg service. */
export function msgs<S extends ServiceDefinition>(
  definition: S,
  handlers: Handlers<S, TxContext>,
): Service<TxContext> {
  return { definition, handlers: handlers as Service<TxContext>['handlers'] }
}

/** The queries of a module: a ReadContext, so a write does not compile. */
export function queries<S extends ServiceDefinition>(
  definition: S,
  handlers: Handlers<S, ReadContext>,
): Service<ReadContext> {
  return { definition, handlers: handlers as Service<ReadContext>['handlers'] }
}

/** A genesis state on its way out: lists may be generators, so that a million rows are never one array. */
export type Exported<T> = { readonly [K in keyof T]: T[K] extends readonly (infer R)[] ? Iterable<R> : T[K] }

/** Takes rows that are google.protobuf.Any opened: as the message inside, which JSON is read to without a detour. */
export interface OpenedRows {
  readonly opened: (ctx: WriteContext, row: Unpacked) => void
}

type Row<R> = ((ctx: WriteContext, row: R) => void) | (R extends Any ? OpenedRows : never)

type Rows<T> = {
  readonly [K in keyof T as NonNullable<T[K]> extends readonly unknown[]
    ? K
    : never]?: T[K] extends readonly (infer R)[] ? Row<R> : never
}

export interface GenesisDefinition<T> {
  /** Takes the state without the lists named in `rows`: those arrive empty here. */
  init(ctx: WriteContext, state: T): void
  /** Takes long lists one row at a time, after `init`, in the order of the fields here. */
  readonly rows?: Rows<T>
  /** Called after the last row: checks over the whole. */
  finish?(ctx: WriteContext): void
  /** `rows` and `finish`, made anew for every genesis: for what is counted over all rows and written at their end. */
  readonly intake?: () => Pick<GenesisDefinition<T>, 'rows' | 'finish'>
  export(ctx: ReadContext): Exported<T>
}

/** A module's genesis with its type forgotten. */
export interface Genesis {
  readonly type: ProtoType<unknown>
  readonly definition: GenesisDefinition<never>
}

/** How a module's state begins and how it is written out again: export → import gives equal stores. */
export function genesis<T>(type: ProtoType<T>, definition: GenesisDefinition<T>): Genesis {
  return { type: type as ProtoType<unknown>, definition: definition as unknown as GenesisDefinition<never> }
}

/** What a module account may do beyond holding coins. */
export type Permission = 'minter' | 'burner'

/** An account of the chain's own; holding this value is the right to use it. */
export interface ModuleAccount {
  readonly name: string
  /** bech32; the first 20 bytes of sha256(name). */
  readonly address: string
  readonly permissions: readonly Permission[]
}

const declared = new Map<string, ModuleAccount>()

/** Declares an account of the chain's own; a name twice is a bug. */
export function moduleAccount(name: string, permissions: readonly Permission[] = []): ModuleAccount {
  const account = { name, address: addressText(moduleAddress(name)), permissions }
  assert(!declared.has(account.address), `module account ${name} is declared twice`)
  declared.set(account.address, account)
  return account
}

/** The module account of that bech32 address, whichever module declares it; undefined for everybody else's. */
export function findModuleAccount(address: string): ModuleAccount | undefined {
  return declared.get(address)
}

/** Every module account of this program, in the order of their addresses. */
export function moduleAccounts(): ModuleAccount[] {
  return [...declared.values()].sort((a, b) => (a.address < b.address ? -1 : 1))
}

/** States something that always holds; says what is wrong, or undefined. Run by tests, simulation and doctor. */
export type Invariant = (ctx: ReadContext) => string | undefined

/** Timed work of a module: what runs when one of its deadlines falls due. */
export interface Timer<K = never> {
  readonly queue: Deadlines<K>
  readonly run: (ctx: BlockContext, key: K) => void
}

/** Everything that is true of a module. */
export interface Module {
  readonly name: string
  /** Of the state's format; `migrations[n]` leads from n to n + 1. */
  readonly version: number
  readonly state?: State
  readonly msgs?: Service<TxContext>
  readonly queries?: Service<ReadContext>
  readonly genesis?: Genesis
  readonly accounts?: readonly ModuleAccount[]
  /** Messages that its state or its messages carry inside google.protobuf.Any. */
  readonly packed?: readonly MessageCodec[]
  readonly hooks?: readonly Subscription[]
  readonly timers?: readonly Timer[]
  readonly invariants?: Readonly<Record<string, Invariant>>
  readonly migrations?: Readonly<Record<number, (ctx: WriteContext) => void>>
  /** Total: it has no named error to throw, and an exception here halts the node. */
  readonly beginBlock?: (ctx: BlockContext) => void
  readonly endBlock?: (ctx: BlockContext) => void
}

export function defineModule(module: Module): Module {
  assert(
    /^[a-z][a-z0-9]*$/.test(module.name),
    `module name ${module.name}: lower case letters and digits only`,
  )
  for (let from = 1; from < module.version; from++) {
    assert(
      module.migrations?.[from] !== undefined,
      `module ${module.name} has no migration from version ${from}`,
    )
  }
  return module
}

/** Ties a queue to the function that does its work. */
export function timer<K>(queue: Deadlines<K>, run: (ctx: BlockContext, key: K) => void): Timer {
  return { queue, run } as unknown as Timer
}

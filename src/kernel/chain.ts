import type { ConsensusParams } from '#gen/tendermint/types/params.ts'
import { type MessageCodec, registerCodecs } from '#lib/reflect-codecs.ts'
import type { AnteHandler, KnownAccount } from './ante.ts'
import type { ProtoType } from './codec.ts'
import type { BlockContext, ReadContext, Slots, TxContext, WriteContext } from './context.ts'
import { assert } from './errors.ts'
import { gatherSubscriptions, type Subscriptions } from './hooks.ts'
import type { MethodDefinition, Module, ModuleAccount, Service } from './module.ts'
import { SCHEMA } from './schema.ts'
import { system } from './system.ts'

/** One rpc of one module, ready to be called. */
export interface Route<C> {
  readonly module: string
  readonly method: string
  readonly request: ProtoType<unknown>
  readonly response: ProtoType<unknown>
  readonly handler: (ctx: C, request: unknown) => object
}

/** The module that keeps CometBFT's consensus parameters. */
export interface ConsensusKeeper {
  init(ctx: WriteContext, params: ConsensusParams): void
  params(ctx: ReadContext): ConsensusParams
}

export type AccountOf = (ctx: ReadContext, address: string) => KnownAccount | undefined

/** A chain: its modules in order, and everything that follows from them. */
export interface Chain {
  /** Name of the program and the chain family; `app_name` in what clients read. */
  readonly name: string
  readonly modules: readonly Module[]
  readonly ante: AnteHandler
  readonly consensus: ConsensusKeeper
  /** The account of that address as it stands, or undefined; foresees what signatures will be verified against. */
  readonly accountOf: AccountOf
  /** By message type URL, `/wadi.asset.v1.MsgRegisterAsset`. */
  readonly messages: ReadonlyMap<string, Route<TxContext>>
  /** By gRPC path, `/wadi.asset.v1.Query/Asset`. */
  readonly queries: ReadonlyMap<string, Route<ReadContext>>
  /** Every module account, by bech32 address. */
  readonly accounts: ReadonlyMap<string, ModuleAccount>
  /** Store names by slot. */
  readonly stores: readonly string[]
  readonly slots: Slots
  readonly subscriptions: Subscriptions
}

/** Puts modules together, in the order in which they may use each other; contradictions stop the program. */
export function defineChain(options: {
  readonly name: string
  readonly modules: readonly Module[]
  readonly ante: AnteHandler
  readonly consensus: ConsensusKeeper
  readonly accountOf?: AccountOf
}): Chain {
  const { name, modules, ante, consensus, accountOf = () => undefined } = options
  registerCodecs(modules.flatMap((module) => module.packed ?? []))
  const stores: string[] = []
  const slots: (number | undefined)[] = []
  for (const state of [system, ...modules.map((module) => module.state)]) {
    if (state === undefined || slots[state[SCHEMA].id] !== undefined) continue
    const info = state[SCHEMA]
    assert(!stores.includes(info.name), `two modules keep their state in a store named ${info.name}`)
    slots[info.id] = stores.length
    stores.push(info.name)
  }
  return {
    name,
    modules,
    ante,
    consensus,
    accountOf,
    messages: routes(modules, 'msgs', (_service, _method, request) => `/${request.$type}`),
    queries: routes(modules, 'queries', (service, method) => `/${service}/${method}`),
    accounts: gatherAccounts(modules),
    stores,
    slots,
    subscriptions: gatherSubscriptions(modules.map((module) => module.hooks)),
  }
}

function routes<C>(
  modules: readonly Module[],
  kind: 'msgs' | 'queries',
  keyOf: (service: string, method: string, request: ProtoType<unknown>) => string,
): Map<string, Route<C>> {
  const found = new Map<string, Route<C>>()
  for (const module of modules) {
    const service = module[kind] as Service<C> | undefined
    if (service === undefined) continue
    for (const [key, method] of Object.entries(service.definition.methods) as [string, MethodDefinition][]) {
      const request = method.requestType as ProtoType<unknown>
      const response = method.responseType as ProtoType<unknown>
      const handler = service.handlers[key] as unknown as Route<C>['handler'] | undefined
      assert(handler !== undefined, `${service.definition.fullName}/${method.name} has no handler`)
      const path = keyOf(service.definition.fullName, method.name, request)
      assert(!found.has(path), `${path} is served twice`)
      registerCodecs([request, response] as unknown as MessageCodec[])
      found.set(path, { module: module.name, method: method.name, request, response, handler })
    }
  }
  return found
}

function gatherAccounts(modules: readonly Module[]): Map<string, ModuleAccount> {
  const accounts = new Map<string, ModuleAccount>()
  for (const module of modules) {
    for (const account of module.accounts ?? []) {
      assert(!accounts.has(account.address), `module account ${account.name} is declared twice`)
      accounts.set(account.address, account)
    }
  }
  return accounts
}

/** Brings every module's state to this program's format, in chain order, and notes the versions. */
export function runMigrations(ctx: WriteContext, chain: Chain): void {
  for (const module of chain.modules) {
    const from = system.versions.get(ctx, module.name) ?? module.version
    assert(from <= module.version, `state of ${module.name} is version ${from}, newer than this program's`)
    for (let version = from; version < module.version; version++) module.migrations?.[version]?.(ctx)
    system.versions.set(ctx, module.name, module.version)
  }
}

/** The modules whose stored format is not this program's: `[name, stored, ours]`. */
export function outdatedModules(ctx: ReadContext, chain: Chain): (readonly [string, number, number])[] {
  const outdated: (readonly [string, number, number])[] = []
  for (const { name, version } of chain.modules) {
    const stored = system.versions.get(ctx, name)
    if (stored !== undefined && stored !== version) outdated.push([name, stored, version])
  }
  return outdated
}

/** The first broken invariant, as `module: statement: what is wrong`; undefined if all hold. */
export function brokenInvariant(ctx: ReadContext, chain: Chain): string | undefined {
  for (const module of chain.modules) {
    for (const [statement, check] of Object.entries(module.invariants ?? {})) {
      const problem = check(ctx)
      if (problem !== undefined) return `${module.name}: ${statement}: ${problem}`
    }
  }
  return undefined
}

/** Calls every module's hook at the beginning or the end of a block, in chain order. */
export function runBlockHooks(ctx: BlockContext, chain: Chain, when: 'beginBlock' | 'endBlock'): void {
  for (const module of chain.modules) module[when]?.(ctx)
}

import { GenesisState } from '#gen/wadi/asset/v1/genesis.ts'
import {
  MsgCommitRegistration,
  MsgRegisterAsset,
  MsgRegisterReference,
  MsgRegisterVersion,
} from '#gen/wadi/asset/v1/tx.ts'
import type { Params, Version } from '#gen/wadi/asset/v1/types.ts'
import { addressText, moduleAddress } from '#lib/address.ts'
import { toByteString, utf8 } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import { commitmentHash } from '#modules/asset/api.ts'
import { asset } from '#modules/asset/module.ts'
import { signingAccount } from '#modules/auth/api.ts'
import { auth } from '#modules/auth/module.ts'
import { bank as coins } from '#modules/bank/api.ts'
import { bank } from '#modules/bank/module.ts'
import { consensus, keeper } from '#modules/consensus/module.ts'
import { system } from '#modules/system/module.ts'
import { brokenInvariant, defineChain } from '../../src/kernel/chain.ts'
import { Context } from '../../src/kernel/context.ts'
import { runDeadlines } from '../../src/kernel/deadlines.ts'
import type { AbciEvent } from '../../src/kernel/events.ts'
import { GasMeter } from '../../src/kernel/gas.ts'
import type { Subscription } from '../../src/kernel/hooks.ts'
import type { KvIterator, ReadStore } from '../../src/kernel/kv.ts'
import type { GenesisDefinition, Module } from '../../src/kernel/module.ts'
import { DEFAULT_BUDGET, system as systemState } from '../../src/kernel/system.ts'
import { Overlay } from '../../src/store/overlay.ts'

/*
 * The registry with accounts and coins below it, without consensus and signatures: messages are executed one by one,
 * all or nothing, and blocks end when a test says so. Every block end holds the state to all invariants.
 */

const nothing: KvIterator = { next: () => false, key: '', value: new Uint8Array() }
const empty: ReadStore = { get: () => undefined, has: () => false, iterate: () => nothing }

/** An account that exists by its name alone. */
export const account = (name: string): string =>
  addressText(toByteString(sha256(utf8(`account ${name}`)).subarray(0, 20)))

export const digestOf = (text: string): Uint8Array => sha256(utf8(text))
export const saltOf = (text: string): Uint8Array => sha256(utf8(`salt ${text}`))

export const FUNDS = 10n ** 24n
/** Where fees and deposits wait, and where earned fees go. */
export const ESCROW = addressText(moduleAddress('asset'))
export const PROTOCOL = addressText(moduleAddress('protocol'))
export const CHAIN_ID = 'wadi-test-1'

type Message<T> = {
  readonly $type: string
  fromPartial(part: object): T
  encode(m: T): { finish(): Uint8Array }
  decode(b: Uint8Array): T
}

interface Options {
  readonly funded?: readonly string[]
  readonly hooks?: readonly Subscription[]
  readonly genesis?: object
  /** Begin with what everybody has there, at its height. */
  readonly balancesOf?: Registry
}

export class Registry {
  readonly authority = account('authority')
  readonly #chain
  readonly #store = new Overlay(empty)
  #height = 1n
  #events: AbciEvent[] = []
  /** How many deadlines may run at the end of a block; 0 lets the queue lag behind. */
  deadlineItems = DEFAULT_BUDGET.items

  constructor(options: Options = {}) {
    const listener: Module = { name: 'listener', version: 1, hooks: options.hooks ?? [] }
    this.#chain = defineChain({
      name: 'test',
      ante: () => undefined as never,
      consensus: keeper,
      accountOf: signingAccount,
      modules: [system, consensus, auth, bank, asset, listener],
    })
    const ctx = this.context()
    systemState.authority.set(ctx, this.authority)
    this.#height = options.balancesOf?.height ?? 1n
    const funded = (options.funded ?? ['alice', 'bob', 'carol']).map(
      (name) => [account(name), FUNDS] as const,
    )
    this.#fund(options.balancesOf?.balances() ?? funded)
    this.importGenesis(GenesisState.fromPartial(options.genesis ?? {}))
  }

  #fund(balances: readonly (readonly [owner: string, amount: bigint])[]): void {
    const definition = bank.genesis?.definition as GenesisDefinition<unknown>
    const { rows, finish } = definition.intake?.() ?? {}
    const takers = rows as unknown as Record<string, (ctx: Context, row: unknown) => void>
    const ctx = this.context()
    for (const [owner, amount] of balances)
      takers['balances']?.(ctx, { address: owner, coins: [{ denom: 'awadi', amount: `${amount}` }] })
    finish?.(ctx)
  }

  /** What the usual accounts and the registry's own have. */
  balances(): [string, bigint][] {
    const owners = [...['alice', 'bob', 'carol'].map(account), ESCROW, PROTOCOL]
    return owners
      .map((owner) => [owner, this.balance(owner)] as [string, bigint])
      .filter(([, held]) => held > 0n)
  }

  /** Removes the first key under a prefix of the registry's store, behind everybody's back. */
  damage(prefix: number): void {
    const slot = this.#chain.stores.indexOf('asset')
    const cursor = this.#store.iterate(slot, String.fromCharCode(prefix), undefined, false)
    if (cursor.next()) this.#store.delete(slot, cursor.key)
  }

  /** Takes the registry's state, as a node does at its start. */
  importGenesis(state: GenesisState): void {
    const definition = asset.genesis?.definition as unknown as GenesisDefinition<GenesisState>
    const ctx = this.context()
    const rows = (definition.rows ?? {}) as Record<string, (ctx: Context, row: unknown) => void>
    definition.init(ctx, { ...state, assets: [], versions: [], links: [], commitments: [] })
    for (const [field, take] of Object.entries(rows)) {
      for (const row of state[field as 'assets']) take(ctx, row)
    }
    definition.finish?.(ctx)
  }

  exportGenesis(): GenesisState {
    const definition = asset.genesis?.definition as unknown as GenesisDefinition<GenesisState>
    const out = definition.export(this.context()) as Record<string, unknown>
    return Object.fromEntries(
      Object.entries(out).map(([k, v]) => [k, isRows(v) ? [...(v as Iterable<unknown>)] : v]),
    ) as unknown as GenesisState
  }

  /** Every key and value of the registry's store. */
  dump(): [string, string][] {
    const slot = this.#chain.stores.indexOf('asset')
    const cursor = this.#store.iterate(slot, '', undefined, false)
    const entries: [string, string][] = []
    while (cursor.next()) entries.push([cursor.key, toByteString(cursor.value)])
    return entries
  }

  get height(): bigint {
    return this.#height
  }

  context(gas?: number): Context {
    return new Context({
      store: this.#store,
      slots: this.#chain.slots,
      subscriptions: this.#chain.subscriptions,
      height: this.#height,
      time: { seconds: 1_700_000_000n + this.#height, nanos: 0 },
      chainId: CHAIN_ID,
      meter: new GasMeter(gas),
    })
  }

  /** Executes a message, all or nothing; throws what the handler throws. */
  // biome-ignore lint/suspicious/noExplicitAny: the response is that of the message's own rpc
  run<T>(type: Message<T>, fields: object): any {
    const route = this.#chain.messages.get(`/${type.$type}`)
    if (route === undefined) throw new Error(`no message ${type.$type}`)
    const message = type.decode(type.encode(type.fromPartial(fields)).finish())
    const mark = this.#store.checkpoint()
    const ctx = this.context()
    try {
      const response = route.handler(ctx, message)
      this.#events.push(...ctx.takeEvents())
      return response
    } catch (error) {
      this.#store.revert(mark)
      throw error
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: the response is that of the query's own rpc
  query(method: string, fields: object): any {
    const route = this.#chain.queries.get(`/wadi.asset.v1.Query/${method}`)
    if (route === undefined) throw new Error(`no query ${method}`)
    const type = route.request as unknown as Message<unknown>
    return route.handler(this.context(), type.fromPartial(fields))
  }

  /** The gas that a query uses. */
  gasOf(method: string, fields: object): number {
    const route = this.#chain.queries.get(`/wadi.asset.v1.Query/${method}`)
    const ctx = this.context()
    const type = route?.request as unknown as Message<unknown>
    route?.handler(ctx, type.fromPartial(fields))
    return ctx.gasUsed
  }

  /** Ends the block: deadlines run, invariants are checked, the height rises. */
  endBlock(blocks = 1): void {
    for (let i = 0; i < blocks; i++) {
      const ctx = this.context()
      const budget = { ...DEFAULT_BUDGET, items: this.deadlineItems }
      runDeadlines(ctx, this.#chain.modules, budget, this.#store)
      this.#events.push(...ctx.takeEvents())
      this.#height++
    }
    const broken = brokenInvariant(this.context(), this.#chain)
    if (broken !== undefined) throw new Error(`invariant: ${broken}`)
  }

  /** Ends blocks until messages are executed at that height. */
  goTo(height: bigint): void {
    this.endBlock(Number(height - this.#height))
  }

  /** Names of the registry's events since the last call. */
  takeEvents(): string[] {
    const events = this.#events.map((event) => event.type).filter((type) => type.startsWith('wadi.asset'))
    this.#events = []
    return events.map((type) => type.slice('wadi.asset.v1.'.length))
  }

  balance(owner: string): bigint {
    return coins.balance(this.context(), owner, 'awadi')
  }

  /** What accounts own together: less than before if something was burnt. */
  supply(...owners: readonly string[]): bigint {
    return owners.reduce((sum, owner) => sum + this.balance(owner), 0n)
  }

  /** Takes everything from an account that it has left. */
  drain(who: string): void {
    coins.send(this.context(), account(who), account('drain'), [
      { denom: 'awadi', amount: this.balance(account(who)) },
    ])
  }

  // -- Shorthands for what most tests begin with.

  register(who: string, slug: string, more: object = {}) {
    return this.run(MsgRegisterAsset, assetFields(who, slug, more)) as {
      assetId: bigint
      version: number
      seq: bigint
      status: number
    }
  }

  registerVersion(who: string, assetId: bigint, text: string, more: object = {}) {
    const content = { scheme: 1, rootDigest: digestOf(text), sizeBytes: 10n, fileCount: 1 }
    return this.run(MsgRegisterVersion, { controller: account(who), assetId, content, ...more }) as {
      version: number
      seq: bigint
      status: number
    }
  }

  registerReference(who: string, slug: string, more: object = {}) {
    const { controller: registrant, dataUse: _, ...rest } = assetFields(who, slug, {})
    return this.run(MsgRegisterReference, { registrant, ...rest, ...more }) as {
      assetId: bigint
      seq: bigint
      status: number
    }
  }

  /** Registers and lets the contest window pass. */
  confirmed(who: string, slug: string, more: object = {}): bigint {
    const { assetId } = this.register(who, slug, more)
    this.endBlock(21)
    return assetId
  }

  commit(who: string, text: string) {
    const commitment = commitmentHash(CHAIN_ID, account(who), digestOf(text), saltOf(text))
    return this.run(MsgCommitRegistration, { owner: account(who), commitment }) as {
      priority: { height: bigint; index: bigint }
      revealFromHeight: bigint
      expiryHeight: bigint
    }
  }

  version(assetId: bigint, version = 1): Version {
    return this.query('Version', { assetId, version }).version
  }

  get params(): Params {
    return this.query('Params', {}).params
  }
}

const isRows = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Symbol.iterator in value && !(value instanceof Uint8Array)

/** A plain asset whose root digest is that of its slug. */
export const assetFields = (who: string, slug: string, more: object = {}) => ({
  controller: account(who),
  kind: 1,
  slug,
  license: { expression: 'Apache-2.0' },
  dataUse: { train: 1, mine: 1, infer: 1 },
  content: { scheme: 1, rootDigest: digestOf(slug), sizeBytes: 1_000n, fileCount: 3 },
  ...more,
})

/** The name of the registered error that `action` throws, or what else happens. */
export function refusal(action: () => unknown): string {
  try {
    action()
    return 'accepted'
  } catch (error) {
    const { codespace, code, description } = error as {
      codespace?: string
      code?: number
      description?: string
    }
    if (codespace === undefined) throw error
    return `${codespace}/${code} ${description}`
  }
}

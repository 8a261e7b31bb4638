import { type HttpRule, httpRules, serviceOf } from '#lib/reflect.ts'
import { type MessageCodec, registerCodecs } from '#lib/reflect-codecs.ts'
import type { Chain } from '../kernel/chain.ts'
import type { ProtoType } from '../kernel/codec.ts'
import type { ReadContext } from '../kernel/context.ts'
import { assert } from '../kernel/errors.ts'
import type { MethodDefinition, ServiceDefinition } from '../kernel/module.ts'

/** What a node-side method is told besides its request. */
export interface Call {
  /** Height that was asked for; 0 where none was. */
  readonly height: number
}

type MessageOf<C> = C extends { decode(...args: never[]): infer T } ? T : never

/** The methods of a service that the node answers, rather than the state alone: they may ask CometBFT, and wait. */
export type NodeHandlers<S extends ServiceDefinition> = {
  readonly [M in keyof S['methods']]: (
    request: MessageOf<S['methods'][M]['requestType']>,
    call: Call,
  ) => MessageOf<S['methods'][M]['responseType']> | Promise<MessageOf<S['methods'][M]['responseType']>>
}

type NodeHandler = (request: unknown, call: Call) => object | Promise<object>

export interface NodeService {
  readonly definition: ServiceDefinition
  readonly handlers: Readonly<Record<string, NodeHandler>>
  /** Methods that never wait. */
  readonly atOnce: readonly string[]
}

/** `atOnce` are the methods that ask nobody, and so are answered however many others wait. */
export function nodeService<S extends ServiceDefinition>(
  definition: S,
  handlers: NodeHandlers<S>,
  atOnce: readonly (keyof S['methods'] & string)[] = [],
): NodeService {
  return { definition, handlers: handlers as unknown as NodeService['handlers'], atOnce }
}

/** One method, as every door serves it. */
export interface QueryRoute {
  /** As `/cosmos.bank.v1beta1.Query/Balance`. */
  readonly path: string
  readonly request: ProtoType<unknown>
  readonly response: ProtoType<unknown>
  /** How REST reaches it. */
  readonly rules: readonly HttpRule[]
  /** Reads one version, at once; or asks around, and may take its time. */
  readonly answer:
    | { readonly kind: 'state'; readonly handler: (ctx: ReadContext, request: unknown) => object }
    | { readonly kind: 'node'; readonly handler: NodeHandler; readonly waits: boolean }
}

export type QueryRoutes = ReadonlyMap<string, QueryRoute>

/** All routes by their path: the modules' queries and the node's own services. */
export function deriveRoutes(chain: Chain, services: readonly NodeService[]): QueryRoutes {
  const routes = new Map<string, QueryRoute>()
  for (const [path, { request, response, handler }] of chain.queries) {
    routes.set(path, { path, request, response, rules: rulesOf(path), answer: { kind: 'state', handler } })
  }
  for (const { definition, handlers, atOnce } of services) {
    for (const [key, method] of Object.entries(definition.methods) as [string, MethodDefinition][]) {
      const path = `/${definition.fullName}/${method.name}`
      assert(!routes.has(path), `${path} is served twice`)
      const request = method.requestType as ProtoType<unknown>
      const response = method.responseType as ProtoType<unknown>
      registerCodecs([request, response] as unknown as MessageCodec[])
      const handler = handlers[key] as NodeHandler
      const answer = { kind: 'node', handler, waits: !atOnce.includes(key) } as const
      routes.set(path, { path, request, response, rules: rulesOf(path), answer })
    }
  }
  return routes
}

function rulesOf(path: string): readonly HttpRule[] {
  const [service = '', method] = path.slice(1).split('/')
  const desc = serviceOf(service).methods.find(({ name }) => name === method)
  assert(desc !== undefined, `${path} has no definition`)
  return httpRules(desc)
}

/** Full names of the services of some methods, each once, in their order. */
export function servicesOf(methods: Iterable<string>): string[] {
  return [...new Set([...methods].map((path) => path.slice(1, path.lastIndexOf('/'))))]
}

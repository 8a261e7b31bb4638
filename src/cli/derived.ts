import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { commentsOf } from '#lib/comments.ts'
import { type DescMethod, httpRules, serviceOf } from '#lib/reflect.ts'
import { messageServices, queryServices } from '../client/services.ts'
import type { MethodDefinition, ServiceDefinition } from '../client/types.ts'
import type { RunContext } from './context.ts'
import { conveniences } from './conveniences.ts'
import type { Explain } from './flags/request.ts'
import { unfolded } from './help.ts'

/** A method as a command. */
export interface MethodCommand {
  /** `asset` */
  readonly module: string
  /** `register-asset` */
  readonly name: string
  readonly aliases: readonly string[]
  /** Fields that may be written without a flag. */
  readonly args: readonly string[]
  readonly descriptor: DescMethod
  readonly definition: MethodDefinition
  readonly service: ServiceDefinition
}

/** Names of the modules whose messages, or queries, are commands. */
export function moduleNames(kind: 'tx' | 'query'): string[] {
  return Object.keys(servicesOf(kind))
}

/** The full name of a module's service; empty for an unknown name. */
export function serviceName(kind: 'tx' | 'query', module: string): string {
  return servicesOf(kind)[module]?.fullName ?? ''
}

/** The commands of a module; none for an unknown name. */
export function methodCommands(kind: 'tx' | 'query', module: string): MethodCommand[] {
  const service = servicesOf(kind)[module]
  if (service === undefined) return []
  const descriptor = serviceOf(service.fullName)
  return Object.values(service.methods).flatMap((definition) => {
    const method = descriptor.methods.find(({ name }) => name === definition.name)
    return method === undefined ? [] : [methodCommand(module, service, definition, method)]
  })
}

function methodCommand(
  module: string,
  service: ServiceDefinition,
  definition: MethodDefinition,
  descriptor: DescMethod,
): MethodCommand {
  const { args, aliases = [] } = conveniences[`${service.fullName}.${definition.name}`] ?? {}
  return {
    module,
    name: commandName(definition.name),
    aliases,
    args: args ?? pathFields(descriptor),
    descriptor,
    definition,
    service,
  }
}

function servicesOf(kind: 'tx' | 'query'): Readonly<Record<string, ServiceDefinition>> {
  return kind === 'tx' ? messageServices : queryServices
}

/** `RegisterAsset` → `register-asset`, `AccountAddressByID` → `account-address-by-id`. */
export function commandName(method: string): string {
  return method
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
}

/** The fields in the REST path of a query, in their order. */
function pathFields(method: DescMethod): string[] {
  const path = httpRules(method).find(({ verb }) => verb === 'get')?.path ?? ''
  return [...path.matchAll(/\{([a-z0-9_.]+)/g)].map(([, name = '']) => name)
}

/** Adds the command of a method, without its flags. */
export function addMethodCommand(parent: Command, method: MethodCommand, explain: Explain): Command {
  const { descriptor, service, name, aliases } = method
  const text = explain(`${service.fullName}.${descriptor.name}`) ?? ''
  return parent
    .command(name)
    .aliases([...aliases])
    .description(text)
}

/** Whether the flags of a method are left out: a shell completes a line that does not name it. */
export function isAside(
  { completing }: RunContext,
  { name, aliases }: MethodCommand,
  argv: readonly string[],
): boolean {
  return completing !== undefined && ![name, ...aliases].some((each) => argv.includes(each))
}

/** The texts that commands explain themselves with; none where nobody reads them. */
export function explainer({ completing }: RunContext): Explain {
  return completing?.texts === false ? () => undefined : loadComments()
}

/** The comments of the definitions, a paragraph a line. */
export function loadComments(): Explain {
  const comments = commentsOf(readFileSync(new URL('../gen/image.binpb', import.meta.url)))
  return (name) => {
    const text = comments.get(name)
    return text === undefined ? undefined : unfolded(text)
  }
}

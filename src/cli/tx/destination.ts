import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { PUBLIC_CHAINS } from '../keys/keyring.ts'
import type { NodeOptions } from '../options.ts'
import { originOf } from '../settings.ts'

/**
 * The variable or the file that said which node or chain is meant; undefined for what the command line itself says, and
 * for what is built in. Who typed a command does not see the former in it.
 */
export interface Origins {
  readonly node: string | undefined
  readonly chainId: string | undefined
}

/** Options of a command that signs or sends, with where those that say for whom come from. */
export type WithOrigins<Options> = Options & { readonly origins: Origins }

/** Adds to the options of a command where its node and chain id come from. */
export function withOrigins<Options>(options: Options, command: Command): WithOrigins<Options> {
  const unseen = (attribute: 'node' | 'chainId') => {
    const source = command.getOptionValueSource(attribute)
    return source === 'env' || source === 'config' ? originOf(command, attribute) : undefined
  }
  return { ...options, origins: { node: unseen('node'), chainId: unseen('chainId') } }
}

/** The node that a command asks, for people, with who said so. */
export function nodeText({ node, origins }: WithOrigins<NodeOptions>): string {
  return `${withoutSecrets(node)}${saidBy(origins.node)}`
}

/** The chain that a command is for, for people: its id with who said so. */
export function chainText(chainId: string, { origins }: { readonly origins: Origins }): string {
  return `${chainId}${saidBy(origins.chainId)}`
}

/** Where a transaction goes, for people: the chain and the node. */
export function destinationText(chainId: string, options: WithOrigins<NodeOptions>): string {
  return `${chainText(chainId, options)} at ${nodeText(options)}`
}

const saidBy = (origin: string | undefined): string => (origin === undefined ? '' : ` (from ${origin})`)

/** Keys of providers, which stand in the query of a URL, do not belong into the logs of whoever sends. */
const withoutSecrets = (node: string): string => node.replace(/\?.*$/s, '?…')

/**
 * Throws {@link UsageError} where nobody is asked and nobody typed for which chain: a node that a file or a variable
 * names, left from another day, may be one of a chain with real money. A signature for a development chain is worth
 * nothing on any other, so those are let pass.
 */
export function refuseUnseen(chainId: string, options: WithOrigins<NodeOptions>): void {
  const { node } = options.origins
  if (node === undefined || options.chainId !== undefined || PUBLIC_CHAINS.includes(chainId)) return
  const url = withoutSecrets(options.node)
  throw new UsageError(
    `--yes sends without asking, and only ${node} says where to: ${url}, a node of ${chainId}\n` +
      `  - if that is the chain you mean, name it: --chain-id ${chainId}\n` +
      `  - or for good: "wadi config set chain-id ${chainId}"\n` +
      '  - or name another node with --node; without --yes you are asked',
  )
}

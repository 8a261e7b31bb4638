import { rmSync } from 'node:fs'
import type { JsonObject } from '#lib/proto-json.ts'
import type { RunContext } from '../context.ts'
import { parseBlockTime } from '../duration.ts'
import { findCometbft } from '../node/cometbft.ts'
import { DEV_ACCOUNTS } from '../node/dev-accounts.ts'
import { NodeError } from '../node/errors.ts'
import { type Localnet, runLocalnet } from '../node/localnet.ts'
import type { ControlRequest, NodeReport } from '../node/localnet-control.ts'
import {
  initLocalnet,
  isLocalnet,
  type LocalnetSpec,
  readLocalnet,
  setBlockTime,
} from '../node/localnet-files.ts'
import type { Which } from '../node/localnet-node.ts'
import { logPrinter } from '../node/log-lines.ts'
import { wadiCommand } from '../node/program.ts'
import { onStopSignal } from '../node/supervisor.ts'
import { usableFolder } from './folder.ts'
import { fundedState, readTemplate } from './templates.ts'

export interface LocalnetCommandOptions {
  readonly dir: string
  /** Of a new net; absent where nobody asks for a number. */
  readonly validators?: number
  readonly fullNodes?: number
  /** Of a new net 1 s, of one that is there as it was, where nobody asks for one. */
  readonly blockTime?: string
  readonly reset?: boolean
}

/** While a net starts, and while a node is down, the others cannot reach it, which is no error. */
const LOG_LEVEL = 'p2p:none,*:error'

/** What each of the ten public accounts starts with: a million WADI. */
const FUNDS = 10n ** 24n

/** Makes the net if there is none, runs it until Ctrl-C, and ends every node. */
export async function runLocalnetCommand(
  context: RunContext,
  options: LocalnetCommandOptions,
): Promise<number> {
  findCometbft()
  const { dir } = options
  if (options.reset === true && isLocalnet(dir)) rmSync(readLocalnet(dir).dir, { recursive: true })
  if (isLocalnet(dir)) {
    refuseOtherSize(readLocalnet(dir), options)
    takeBlockTime(context, options)
  } else await makeLocalnet(options)
  const stop = Promise.withResolvers<void>()
  // Before anything runs: who stops the net while it starts must not leave half of it behind.
  const forget = onStopSignal(() => stop.resolve())
  try {
    const net = await runLocalnet({ dir, appCommand, onLog: logPrinter(context.stderr, 'text') })
    const serving = net.nodes.map((node) => node.untilServing())
    await Promise.race([stop.promise, Promise.allSettled(serving)])
    context.stdout.write(banner(net))
    await stop.promise
    await net.stop()
  } finally {
    forget()
  }
  return 0
}

/** Throws `bad-option` if a net that is there has not as many nodes as were asked for. */
export function refuseOtherSize(
  { nodes }: Pick<LocalnetSpec, 'nodes'>,
  asked: Pick<LocalnetCommandOptions, 'validators' | 'fullNodes'>,
): void {
  const validators = nodes.filter(({ validator }) => validator).length
  const fullNodes = nodes.length - validators
  if ((asked.validators ?? validators) === validators && (asked.fullNodes ?? fullNodes) === fullNodes) return
  throw new NodeError('bad-option', `this net has ${validators} validators and ${fullNodes} full nodes`, [
    'leave the numbers out to run it as it is; --reset makes another, and forgets its chain',
    '"wadi localnet add-full-node" adds one while it runs; --dir names another net',
  ])
}

/** Gives every node of a net that is there the time between blocks that was asked for, and says so. */
export function takeBlockTime(
  context: Pick<RunContext, 'stderr'>,
  { dir, blockTime }: Pick<LocalnetCommandOptions, 'dir' | 'blockTime'>,
): void {
  if (blockTime === undefined) return
  const { blockTimeMs } = readLocalnet(dir)
  const asked = parseBlockTime(blockTime)
  if (asked === blockTimeMs) return
  setBlockTime(dir, asked)
  context.stderr.write(`Blocks are ${asked} ms apart from now on; they were ${blockTimeMs} ms.\n`)
}

async function makeLocalnet(options: LocalnetCommandOptions): Promise<void> {
  const { dir, validators = 4, fullNodes = 0, blockTime = '1s' } = options
  usableFolder(dir, '--dir')
  const template = readTemplate('localnet')
  const addresses = DEV_ACCOUNTS.map(({ address }) => address)
  await initLocalnet({
    dir,
    validators,
    fullNodes,
    blockTimeMs: parseBlockTime(blockTime),
    chainId: template.chain_id,
    appState: fundedState(template, addresses, FUNDS),
    consensusParams: template.consensus_params,
  })
}

/** The command line of one node: this program itself. */
const appCommand = (home: string) => wadiCommand(['start', '--home', home, '--log-level', LOG_LEVEL])

function banner({ chainId, dir, nodes }: Localnet): string {
  const rows = nodes.map(
    ({ index, name, validator, rpcUrl, restUrl, grpcAddress }) =>
      `  ${index} ${name} ${validator ? 'validator' : 'full node'}  ` +
      `RPC ${rpcUrl}  REST ${restUrl}  gRPC ${grpcAddress ?? 'off'}`,
  )
  return `
Wadi localnet, chain id ${chainId}, in ${dir}
${rows.join('\n')}
The accounts dev0 … dev9 hold 1,000,000 WADI each; their keys are PUBLIC.
In another terminal: wadi localnet status | kill N | restart N | add-full-node
Ctrl-C ends all nodes; their state is kept, --reset starts over.

`
}

/** What a second terminal asks for. */
export function controlRequest(name: string, node: unknown, which: string | undefined): ControlRequest {
  switch (name) {
    case 'kill':
      return { do: 'kill', node: node as number, which: (which ?? 'both') as Which }
    case 'restart':
      return { do: 'restart', node: node as number }
    case 'add-full-node':
      return { do: 'add-full-node' }
    default:
      return { do: 'status' }
  }
}

/** A node's report as JSON; `height` is null while it does not answer. */
export function reportJson({
  index,
  name,
  validator,
  running,
  rpcUrl,
  restUrl,
  grpcAddress,
  pids,
  height,
}: NodeReport): JsonObject {
  return {
    index,
    name,
    validator,
    running,
    height: height ?? null,
    rpc: rpcUrl,
    rest: restUrl,
    grpc: grpcAddress ?? null,
    pids: { app: pids.app ?? null, cometbft: pids.cometbft ?? null },
  }
}

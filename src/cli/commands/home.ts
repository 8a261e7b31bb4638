import { type Command, Option } from 'commander'
import type { RunContext } from '../context.ts'
import { addNodeOptions, addOutputOption, type NodeOptions } from '../options.ts'
import { type OutputFormat, print } from '../output.ts'

const DEFAULT_HOME = '.wadi/node'

interface InitCommandOptions {
  readonly home: string
  readonly chainId?: string
  readonly template: 'devnet' | 'localnet' | 'testnet'
  readonly genesis?: string
  readonly authority?: string
  readonly output: OutputFormat
}

/** The commands about one node's home. */
export function addHomeCommands(program: Command, context: RunContext): void {
  addInit(program, context)
  addStatus(program, context)
  addDoctor(program, context)
  addVersion(program, context)
}

function addInit(program: Command, context: RunContext): void {
  const command = program
    .command('init')
    .description('make the home of a node: keys, configuration, and a genesis or a copy of one')
    .argument('[moniker]', 'name of the node among its peers', 'wadi')
    .option('--home <folder>', 'where to make it', DEFAULT_HOME)
    .option('--chain-id <id>', "of a new chain (default: the template's)")
    .addOption(
      new Option('--template <name>', 'what a new chain starts from')
        .choices(['devnet', 'localnet', 'testnet'])
        .default('testnet'),
    )
    .option('--genesis <file>', 'join the chain that starts from this file')
    .option('--authority <address>', 'of a new chain: who may change its parameters')
  addOutputOption(command).action(async (moniker: string, options: InitCommandOptions) => {
    const { runInit } = await import('./init.ts')
    await print(context, options.output, runInit(moniker, options))
  })
}

function addStatus(program: Command, context: RunContext): void {
  const command = program.command('status').description('say how a node is doing')
  addNodeOptions(command).action(async (options: NodeOptions) => {
    const { nodeStatus } = await import('../node/rpc.ts')
    const status = await nodeStatus(options.node)
    if (status === undefined) {
      context.stderr.write(
        `wadi: no node answers at ${options.node}\n  - start one, or name another with --node\n`,
      )
      context.exit(1)
      return
    }
    await print(context, options.output, {
      node_id: status.nodeId,
      chain_id: status.network,
      height: status.height.toString(),
      time: status.latestBlockTime,
      catching_up: status.catchingUp,
      app_hash: status.latestAppHash,
      block_hash: status.latestBlockHash,
    })
  })
}

function addDoctor(program: Command, context: RunContext): void {
  const command = program
    .command('doctor')
    .description('look for the usual reasons why a node does not run; changes nothing')
    .option('--home <folder>', 'home of the node', DEFAULT_HOME)
    .option('--node <url>', 'RPC of a node to compare with')
  addOutputOption(command).action(async (options: { home: string; node?: string; output: OutputFormat }) => {
    const { runDoctor } = await import('../node/doctor.ts')
    const rpc = options.node === undefined ? {} : { rpcUrl: options.node }
    const { checkGenesisState } = await import('./genesis-check.ts')
    const state = await checkGenesisState(options.home, context.loadChain)
    const findings = [
      ...(await runDoctor({ home: options.home, ...rpc })),
      ...(state === undefined ? [] : [state]),
    ]
    if (options.output === 'json')
      await print(
        context,
        'json',
        findings.map((finding) => ({ ...finding })),
      )
    else {
      for (const { check, ok, detail, fix } of findings) {
        context.stdout.write(
          `${ok ? 'ok ' : 'BAD'} ${check}: ${detail}\n${fix === undefined ? '' : `    - ${fix}\n`}`,
        )
      }
    }
    if (findings.some(({ ok }) => !ok)) context.exit(1)
  })
}

function addVersion(program: Command, context: RunContext): void {
  const command = program.command('version').description('print versions').option('--long', 'of everything')
  addOutputOption(command).action(async (options: { long?: boolean; output: OutputFormat }) => {
    const { version } = context
    if (options.long !== true) {
      await print(context, options.output, options.output === 'json' ? { version } : version)
      return
    }
    const { longVersion } = await import('./version.ts')
    await print(context, options.output, { version, ...longVersion() })
  })
}

import { type Command, Option } from 'commander'
import { paint } from '../colour.ts'
import type { RunContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { addExample } from '../help.ts'
import type { Finding } from '../node/doctor/finding.ts'
import { addNodeOptions, addOutputOption, type NodeOptions } from '../options.ts'
import { type OutputFormat, print } from '../output.ts'

const DEFAULT_HOME = '.wadi/node'

/** What answers at all, answers within this on a busy machine. */
const PATIENCE_MS = 10_000

interface InitCommandOptions {
  readonly home: string
  readonly chainId?: string
  readonly template: 'devnet' | 'localnet' | 'testnet'
  readonly genesis?: string
  readonly authority?: string
  readonly output: OutputFormat
}

interface DoctorCommandOptions {
  readonly home: string
  readonly node?: string
  readonly json?: boolean
  readonly output: OutputFormat
}

/** The commands about one node's home. */
export function addHomeCommands(program: Command, context: RunContext): void {
  addInit(program, context)
  addStatus(program, context)
  addDoctor(program, context)
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
  addExample(command, 'wadi init my-node --genesis genesis.json --home .wadi/node')
  addOutputOption(command).action(async (moniker: string, options: InitCommandOptions) => {
    const { runInit } = await import('./init.ts')
    await print(context, options.output, runInit(moniker, options))
  })
}

function addStatus(program: Command, context: RunContext): void {
  const command = program.command('status').description('say how a node is doing')
  addExample(command, 'wadi status --node http://127.0.0.1:26657')
  addNodeOptions(command).action(async (options: NodeOptions) => {
    const { nodeStatus } = await import('../node/rpc.ts')
    const status = await nodeStatus(options.node, PATIENCE_MS)
    if (status === undefined) {
      throw new CommandError(
        `no node answers at ${options.node}`,
        ['start one, or name another with --node'],
        EXIT.unreachable,
      )
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
    .description(
      'look for the usual reasons why a node does not run, and for what will hurt it; changes nothing',
    )
    .option('--home <folder>', 'home of the node', DEFAULT_HOME)
    .option('--node <url>', 'RPC of a node to compare with')
    .option('--json', 'the same as --output json')
  addExample(command, 'wadi doctor --home .wadi/devnet', 'wadi doctor --json')
  addOutputOption(command).action(async (options: DoctorCommandOptions) => {
    const { runDoctor } = await import('../node/doctor.ts')
    const rpc = options.node === undefined ? {} : { rpcUrl: options.node }
    const { checkGenesisState } = await import('./genesis-check.ts')
    const state = await checkGenesisState(options.home, context.loadChain)
    const findings = [
      ...(await runDoctor({ home: options.home, ...rpc })),
      ...(state === undefined ? [] : [state]),
    ]
    if (options.json === true || options.output === 'json') {
      const rows = findings.map((finding) => ({ ...finding }))
      await print(context, 'json', rows)
    } else for (const finding of findings) context.stdout.write(findingText(context, finding))
    if (findings.some(({ level }) => level === 'fail')) context.exit(EXIT.failed)
  })
}

const MARKS = { ok: ['green', 'ok  '], warn: ['yellow', 'warn'], fail: ['red', 'FAIL'] } as const

function findingText({ stdout }: RunContext, { check, level, detail, fix }: Finding): string {
  const [colour, mark] = MARKS[level]
  const advice = fix === undefined ? '' : `     - ${fix}\n`
  return `${paint(stdout, colour, mark)} ${check}: ${detail}\n${advice}`
}

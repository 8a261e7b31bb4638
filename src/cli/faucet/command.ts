import { type Command, InvalidArgumentError, Option } from 'commander'
import { PUBLIC_LIMITS } from '../../faucet/settings.ts'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { addKeyringOptions, addNodeOptions, type KeyringOptions, type NodeOptions } from '../options.ts'

export interface FaucetCommandOptions extends NodeOptions, KeyringOptions {
  readonly from: string
  readonly amount: string
  readonly host: string
  readonly port: number
  readonly perAddress: number
  readonly perIp: number
  readonly window: string
  readonly cors: readonly string[]
  readonly behindProxy?: boolean
}

/** `wadi faucet`: gives coins to who asks, within limits. */
export function addFaucetCommand(program: Command, context: RunContext): void {
  const command = program
    .command('faucet')
    .description('serve a faucet: it sends coins of a key to who asks, within limits')
    .requiredOption('--from <key>', 'name or address of the key that pays; use it for nothing else')
    .option('--amount <coins>', 'what one credit is, one coin a denomination', '10WADI')
    .option('--host <address>', 'where to listen; 0.0.0.0 for everybody', '127.0.0.1')
    .addOption(new Option('--port <port>', 'where to listen').argParser(portNumber).default(8000))
    .addOption(limit('per-address', 'an address gets', PUBLIC_LIMITS.perAddress))
    .addOption(limit('per-ip', "a client's IP address gets", PUBLIC_LIMITS.perIp))
    .option('--window <duration>', 'the time that limits are for, as 10m or 24h', '24h')
    .option('--cors <origin...>', 'pages that may call, as https://wallet.example; * for all', [])
    .option('--behind-proxy', 'believe the last address of X-Forwarded-For, which your proxy sets')
    .action(async (options: FaucetCommandOptions) => {
      const { runFaucet } = await import('./run.ts')
      context.exit(await runFaucet(context, options))
    })
  addKeyringOptions(addNodeOptions(command))
  addExample(
    command,
    'wadi faucet --from faucet --amount 10WADI --port 8000',
    'wadi faucet --from faucet --host 0.0.0.0 --per-address 1 --window 24h',
  )
}

/** A limit counts; what nobody gets is no faucet. */
const MAX_PER_WINDOW = 1_000_000

function limit(name: string, who: string, standard: number): Option {
  return new Option(`--${name} <number>`, `credits that ${who} in a window`)
    .argParser((text) => inRange(text, 1, MAX_PER_WINDOW))
    .default(standard)
}

const portNumber = (text: string): number => inRange(text, 0, 65_535)

function inRange(text: string, from: number, to: number): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (value >= from && value <= to) return value
  throw new InvalidArgumentError(`${text} is not a whole number from ${from} to ${to}.`)
}

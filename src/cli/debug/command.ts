import type { Command } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { addOutputOption, wholeNumber } from '../options.ts'
import type { OutputFormat } from '../output.ts'

export interface DebugOptions {
  readonly output: OutputFormat
}

/** What `wadi debug app-hash` looks at. */
export interface AppHashOptions extends DebugOptions {
  readonly home: string
  readonly height?: string
  readonly recompute?: boolean
}

/** `wadi debug`: what is inside of things. */
export function addDebugCommand(program: Command, context: RunContext): void {
  const debug = program
    .command('debug')
    .description('look inside addresses, keys, bytes and the state of a node')
  const addr = debug
    .command('addr')
    .description('say an address in all its spellings; it may be bech32 of any chain, 0x… or hex')
    .argument('<address-or-hex>')
  addOutputOption(addr).action(async (text: string, { output }: DebugOptions) => {
    const { print } = await import('../output.ts')
    const { anyAddress, spellings } = await import('../keys/spellings.ts')
    await print(context, output, spellings(anyAddress(text)))
  })
  addExample(addr, 'wadi debug addr 0xA12DAAF3C2C1505B288353B62CB3B4021C60C344')
  const pubkey = debug
    .command('pubkey')
    .description('say which addresses a public key has')
    .argument('<public-key>', 'in proto JSON ({"@type": …}), hex or base64')
  addOutputOption(pubkey).action(async (text: string, { output }: DebugOptions) => {
    const { print } = await import('../output.ts')
    const { pubkeyFacts } = await import('./pubkey.ts')
    await print(context, output, pubkeyFacts(text))
  })
  addExample(
    pubkey,
    `wadi debug pubkey '{"@type":"/cosmos.crypto.secp256k1.PubKey","key":"AnIFuJ6AcDPrVHd6gdkE8t2l1ZKyI5GLqC3gRzw3AKtK"}'`,
  )
  const rawBytes = debug
    .command('raw-bytes')
    .description('turn bytes as Go prints them into hex and base64')
    .argument('<bytes...>', 'as "[10 21 13 255]"')
  addOutputOption(rawBytes).action(async (words: string[], { output }: DebugOptions) => {
    const { print } = await import('../output.ts')
    const { rawBytesFacts } = await import('./pubkey.ts')
    await print(context, output, rawBytesFacts(words.join(' ')))
  })
  addExample(rawBytes, 'wadi debug raw-bytes "[10 21 13 255]"')
  addAppHash(debug, context)
}

function addAppHash(debug: Command, context: RunContext): void {
  const command = debug
    .command('app-hash')
    .description(
      'print the app hash that the log and the snapshots of a node have for a height; the block above it has it in ' +
        'its header. Changes nothing; the node may run, but while it does its newest blocks may be missing.',
    )
    .option('--home <folder>', 'home of the node', '.wadi/node')
    .option('--height <height>', 'of this height (default: the last)', wholeNumber)
    .option('--recompute', 'also make the state anew, of the newest snapshot below and the log, and compare')
  addOutputOption(command).action(async (options: AppHashOptions) => {
    const { runAppHash } = await import('./app-hash.ts')
    await runAppHash(context, options)
  })
  addExample(command, 'wadi debug app-hash --home .wadi/devnet --height 100')
}

import type { Command } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { addOutputOption } from '../options.ts'
import { type OutputFormat, print } from '../output.ts'

interface GenesisOptions {
  readonly home: string
  readonly genesis?: string
  readonly file: string
  readonly amount?: string
  readonly output: OutputFormat
}

/** `wadi genesis`: work on the document a chain starts from. */
export function addGenesisCommand(program: Command, context: RunContext): void {
  const genesis = program.command('genesis').description('fund accounts in a genesis file, and check it')
  const add = genesis
    .command('add-accounts')
    .description(
      'add accounts with coins. The file has one account a line: an address (wadi1… or 0x…), then its coins, as ' +
        '"wadi1… 5awadi,3other". Lines that begin with # are skipped; - reads the standard input.',
    )
    .requiredOption('--file <file>', 'the accounts')
    .option('--amount <coins>', 'what accounts without coins of their own get, as 5awadi')
  addExample(add, 'wadi genesis add-accounts --file accounts.txt --amount 5WADI --home .wadi/node')
  common(add).action(async (options: GenesisOptions) => {
    const { addAccounts } = await import('./add-accounts.ts')
    const added = await addAccounts(await fileOf(options), options, context.stderr)
    await print(context, options.output, { ...added })
  })
  const validate = genesis
    .command('validate')
    .description('start a chain from the file in memory, and say what is wrong with it')
  addExample(validate, 'wadi genesis validate --genesis genesis.json')
  common(validate).action(async (options: GenesisOptions) => {
    const { validateGenesis } = await import('./validate.ts')
    const chain = await context.loadChain()
    await print(context, options.output, { ...validateGenesis(await fileOf(options), chain) })
  })
}

function common(command: Command): Command {
  command
    .option('--home <folder>', 'home of the node whose genesis it is', '.wadi/node')
    .option('--genesis <file>', "the genesis file itself, instead of the home's")
  return addOutputOption(command)
}

async function fileOf({ genesis, home }: GenesisOptions): Promise<string> {
  if (genesis !== undefined) return genesis
  const { readHome } = await import('../node/home.ts')
  return readHome(home).paths.genesis
}

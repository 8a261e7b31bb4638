import { type Command, Option } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { addNodeOptions, type NodeOptions, wholeNumber } from '../options.ts'
import { addWaiting, type WaitingOptions } from '../wait-option.ts'

/** How `wadi query tx` is told which transaction is meant. */
export interface TxQueryOptions extends NodeOptions {
  readonly type?: 'hash' | 'acc_seq' | 'signature'
}

/** What `wadi query txs` looks for, and which page of it. */
export interface TxsOptions extends NodeOptions {
  readonly query?: string
  readonly events?: string
  readonly page: string
  readonly limit: string
  readonly orderBy: 'asc' | 'desc'
}

/** Which block `wadi query block` shows. */
export interface BlockOptions extends NodeOptions {
  readonly type?: 'height' | 'hash'
}

const HASH = 'AB'.repeat(32)

/** The queries that every chain has, under the names that other chains give them. */
export function addChainQueries(query: Command, context: RunContext): void {
  const txs = query
    .command('txs')
    .description('find transactions by their events')
    .option('--query <condition>', "in CometBFT's language, as \"message.sender='wadi1…' AND tx.height>5\"")
    .option(
      '--events <conditions>',
      'the same as other chains write it, as "message.sender=wadi1…&tx.height=5"',
    )
    .addOption(new Option('--page <number>', 'page, from 1').argParser(wholeNumber).default('1'))
    .addOption(
      new Option('--limit <number>', 'transactions of a page, at most 100')
        .argParser(wholeNumber)
        .default('30'),
    )
    .addOption(new Option('--order-by <order>', 'by height').choices(['asc', 'desc']).default('asc'))
  addNodeOptions(txs).action(async (options: TxsOptions) => {
    const { queryTxs } = await import('./chain.ts')
    await queryTxs(context, options)
  })
  addExample(txs, `wadi query txs --query "message.action='/cosmos.bank.v1beta1.MsgSend'" --order-by desc`)
  const block = query
    .command('block')
    .description('show a block: the latest, or that of a height or hash')
    .argument('[height-or-hash]')
    .addOption(
      new Option('--type <kind>', 'what the argument is (default: what it looks like)').choices([
        'height',
        'hash',
      ]),
    )
  addNodeOptions(block).action(async (id: string | undefined, options: BlockOptions) => {
    const { queryBlock } = await import('./chain.ts')
    await queryBlock(context, id, options)
  })
  addExample(block, 'wadi query block 5')
  const results = query
    .command('block-results')
    .description("show what the transactions and hooks of a block answered, as CometBFT's RPC has it")
    .argument('[height]', 'the latest when absent', wholeNumber)
  addNodeOptions(results).action(async (height: string | undefined, options: NodeOptions) => {
    const { queryBlockResults } = await import('./chain.ts')
    await queryBlockResults(context, height, options)
  })
  addExample(results, 'wadi query block-results 5 -o json')
  const wait = query
    .command('wait-tx')
    .description('wait until a transaction is in a block, and say what became of it')
    .argument('<hash>', '64 hex digits')
  addWaiting(addNodeOptions(wait)).action(async (hash: string, options: WaitingOptions) => {
    const { waitFor } = await import('../tx/finish.ts')
    await waitFor(context, hash, options)
  })
  addExample(wait, `wadi query wait-tx ${HASH} --timeout 30s`)
}

/** `wadi query tx ID`, beside the methods of the transaction service. */
export function addTxQuery(command: Command, context: RunContext): void {
  command
    .argument('[id]', 'a hash; ADDRESS/SEQUENCE; or a signature in base64')
    .addOption(
      new Option('--type <kind>', 'what it is (default: what it looks like)').choices([
        'hash',
        'acc_seq',
        'signature',
      ]),
    )
  addNodeOptions(command).action(async (id: string | undefined, options: TxQueryOptions) => {
    if (id === undefined) return command.help({ error: true })
    const { queryTx } = await import('./chain.ts')
    await queryTx(context, id, options)
  })
  addExample(command, `wadi query tx ${HASH}`, 'wadi query tx wadi15yk64u7zc9g9k2yr2wmzeva5qgwxps6yuu6ssh/3')
}

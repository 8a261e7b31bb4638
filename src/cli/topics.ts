import { coloured } from './colour.ts'
import type { CliContext } from './context.ts'
import { EXIT, exitMeanings } from './exit-codes.ts'

/** What `wadi help TOPIC` says beside the help of commands. */
export interface Topic {
  readonly title: string
  readonly text: () => string
}

export const topics: Readonly<Record<string, Topic>> = {
  'exit-codes': { title: 'what the exit codes of commands mean', text: exitCodesText },
  environment: { title: 'the variables that commands read', text: environmentText },
  output: { title: 'what programs may rely on in what commands print', text: () => OUTPUT },
}

/** Prints a topic. */
export function printTopic(context: CliContext, { text }: Topic): void {
  context.stdout.write(`${text().trim()}\n`)
}

/** The topics as the overview lists them. */
export function topicLines(): string {
  const rows = Object.entries(topics).map(([name, { title }]) => `  wadi help ${name.padEnd(14)}${title}`)
  return [
    '',
    coloured('bold', 'More help:'),
    '  wadi help COMMAND       what a command does, and an example',
    ...rows,
  ].join('\n')
}

function exitCodesText(): string {
  const rows = Object.entries(EXIT).map(
    ([name, code]) => `${String(code).padStart(5)}  ${exitMeanings[name as keyof typeof EXIT]}`,
  )
  return `Exit codes\n\n${rows.join('\n')}\n\nThe numbers do not change; new ones may be added.`
}

function environmentText(): string {
  const rows = variables.map(([name, text]) => `  ${name.padEnd(24)}${text}`)
  return `Variables\n\n${rows.join('\n')}

A flag goes before its variable, the variable before the settings file, that before what is built in.
"wadi config list" shows each value and where it comes from.

"tx … --yes" goes to the node of a variable or of the file only if the chain is named as well, by --chain-id,
WADI_CHAIN_ID or the setting chain-id. Development chains need no name.`
}

const variables: readonly (readonly [name: string, text: string])[] = [
  ['WADI_RPC', '--node: RPC of the node'],
  ['WADI_CHAIN_ID', '--chain-id: refuse a node of another chain'],
  ['WADI_HOME', '--home of commands about keys: settings and keyrings are in it'],
  ['WADI_KEYRING_DIR', '--keyring-dir: where the keys are'],
  ['WADI_KEYRING_BACKEND', '--keyring-backend: file or test'],
  ['WADI_OUTPUT', '--output: text or json'],
  ['WADI_GAS_PRICES', '--gas-prices: price of a unit of gas'],
  ['WADI_GAS_ADJUSTMENT', '--gas-adjustment: factor on simulated gas'],
  ['WADI_BROADCAST_MODE', '--broadcast-mode: sync or async'],
  ['WADI_PASSWORD', 'password of the keys, where no --password-file is named'],
  ['WADI_NODE', 'the Node.js that runs this program'],
  ['COMETBFT', 'the CometBFT that nodes start'],
  ['NO_COLOR, FORCE_COLOR', 'never colours; colours also where nobody looks'],
]

const OUTPUT = `
Output

The standard output has the result and nothing else. Questions, warnings, progress and errors go to the
standard error. Colours and progress bars are for terminals only; NO_COLOR=1 and FORCE_COLOR=1 overrule that.

-o json (or WADI_OUTPUT=json, or "wadi config set output json") prints one JSON value on one line:
keys in a fixed order, snake_case, new ones only at the end; 64-bit numbers and amounts as text; bytes of
messages in base64, hashes of blocks and transactions in upper-case hex; times in RFC 3339. Answers of the chain
are the proto3 JSON of their definitions, as REST prints them.

Transactions that are made, signed or put together (--generate-only, tx sign, tx multi-sign) are printed
as JSON in either format; tx sign-batch prints one a line. -o text is for people: it may change.`

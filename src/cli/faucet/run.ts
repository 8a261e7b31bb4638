import { WadiClient } from '../../client/client.ts'
import type { CoinAmount } from '../../client/fees.ts'
import { Faucet } from '../../faucet/faucet.ts'
import { isOrigin } from '../../query/rest-limits.ts'
import type { RunContext } from '../context.ts'
import { parseDuration } from '../duration.ts'
import { CommandError, UsageError } from '../errors.ts'
import { parseCoin } from '../flags/values.ts'
import { devKey } from '../keys/keyring.ts'
import { logPrinter } from '../node/log-lines.ts'
import { onStopSignal } from '../node/supervisor.ts'
import { atNode, checkedChainId, openKeyring, PATIENCE } from '../session.ts'
import type { FaucetCommandOptions } from './command.ts'
import { type FaucetKey, openPayer } from './payer.ts'

const MAX_WINDOW_MS = 30 * 86_400_000
const MAX_TOKENS = 20

/** `wadi faucet`: serves until it is told to stop. */
export async function runFaucet(context: RunContext, options: FaucetCommandOptions): Promise<number> {
  const credits = readCredits(options.amount)
  const windowMs = parseDuration(options.window, '--window', MAX_WINDOW_MS)
  for (const origin of options.cors) {
    if (!isOrigin(origin))
      throw new UsageError(`--cors: ${origin} is not an origin: write it as https://wallet.example, or *`)
  }
  const reader = await WadiClient.connect(options.node, PATIENCE)
  const chainId = await atNode(options.node, () => checkedChainId(reader, options))
  reader.disconnect()
  const key = await openFaucetKey(options, chainId)
  const nodeUrl = withoutPassword(options.node)
  const log = logPrinter(context.stderr, options.output === 'json' ? 'json' : 'text')
  const { perAddress, perIp, cors, behindProxy = false, node } = options
  const faucet = new Faucet({
    credits,
    limits: { perAddress, perIp, windowMs },
    cors,
    behindProxy,
    nodeUrl,
    openPayer: () => openPayer(node, key),
    log: (message) => log('faucet', message),
  })
  const url = await faucet.listen(options.host, options.port).catch((error: Error) => {
    throw new CommandError(error.message, [
      'choose another place with --host and --port; --port 0 takes a free one',
    ])
  })
  const stopped = new Promise<void>((resolve) => {
    onStopSignal(() => resolve())
  })
  context.stdout.write(
    options.output === 'json'
      ? `${JSON.stringify({ event: 'faucet', url, chainId, address: key.address, credits })}\n`
      : `The faucet of ${chainId} gives ${options.amount} a credit, at ${url}. It pays from ${key.address}.\n` +
          `Try: curl -d '{"address": "wadi1…", "denom": "${credits[0]?.denom}"}' ${url}/credit\n` +
          `     -H 'content-type: application/json'\n`,
  )
  await stopped
  await faucet.close()
  return 0
}

/** `10WADI,5share/1`: what a credit of each denomination is. */
function readCredits(text: string): readonly CoinAmount[] {
  const credits = text.split(',').map(parseCoin)
  const denoms = new Set(credits.map(({ denom }) => denom))
  if (denoms.size !== credits.length) throw new UsageError(`--amount ${text} names a denomination twice`)
  if (credits.length > MAX_TOKENS) throw new UsageError(`--amount has more than ${MAX_TOKENS} denominations`)
  for (const { denom, amount } of credits)
    if (amount === '0') throw new UsageError(`--amount: a credit of 0 ${denom} is none`)
  return credits
}

async function openFaucetKey(options: FaucetCommandOptions, chainId: string): Promise<FaucetKey> {
  const keyring = openKeyring(options)
  const dev = keyring.find(options.from) === undefined ? devKey(options.from, chainId) : undefined
  if (dev !== undefined) return { ...dev.info, privateKey: dev.privateKey }
  const info = keyring.mustSign(options.from)
  return { ...info, privateKey: await keyring.privateKey(info) }
}

/** What /status tells everybody is not how the faucet signs in at its node. */
function withoutPassword(text: string): string {
  const url = new URL(text)
  url.username = ''
  url.password = ''
  return url.href.replace(/\/$/, '')
}

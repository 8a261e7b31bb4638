import { WadiClient } from '../../client/client.ts'
import { TxError } from '../../client/errors.ts'
import type { RunContext } from '../context.ts'
import { UsageError } from '../errors.ts'
import type { NodeOptions } from '../options.ts'
import { type OutputFormat, print } from '../output.ts'
import { atNode, checkedChainId, PATIENCE } from '../session.ts'
import type { WaitingOptions } from '../wait-option.ts'
import { destinationText, type WithOrigins } from './destination.ts'
import { resultJson } from './result.ts'

/** What to do once a transaction is accepted. */
export type Finishing = WithOrigins<NodeOptions> & {
  /** Wait for the block. */
  readonly wait: boolean
}

/** Waits for a transaction and prints what came of it. One that fails in its block is printed, then thrown. */
export async function finish(
  context: RunContext,
  client: WadiClient,
  hash: string,
  options: Finishing,
): Promise<void> {
  const to = destinationText(await client.chainId(), options)
  context.stderr.write(`sent ${hash} to ${to}${options.wait ? ', waiting for the block …' : ''}\n`)
  if (!options.wait) return print(context, options.output, { txhash: hash, code: 0 })
  await printWhenThere(context, client, hash, options.output)
}

/** `wadi tx wait`: waits for a transaction that was sent from anywhere. */
export async function waitFor(context: RunContext, text: string, options: WaitingOptions): Promise<void> {
  const hash = txHash(text)
  await atNode(options.node, async () => {
    const client = await WadiClient.connect(options.node, PATIENCE)
    await checkedChainId(client, options)
    await printWhenThere(context, client, hash, options.output, options.timeout)
  })
}

/** The hash of a transaction in upper-case hex. Throws {@link UsageError}. */
export function txHash(text: string): string {
  const digits = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(text)?.[1]
  if (digits !== undefined) return digits.toUpperCase()
  throw new UsageError(`${JSON.stringify(text)} is no hash of a transaction: it has 64 hex digits`)
}

async function printWhenThere(
  context: RunContext,
  client: WadiClient,
  hash: string,
  output: OutputFormat,
  timeoutMs?: number,
): Promise<void> {
  const waiting = timeoutMs === undefined ? {} : { timeoutMs }
  try {
    await print(context, output, resultJson(await client.waitForTx(hash, waiting), output))
  } catch (error) {
    if (error instanceof TxError && error.height !== undefined) {
      const failed = await client.transaction(hash)
      if (failed !== undefined) await print(context, output, resultJson(failed, output))
    }
    throw error
  }
}

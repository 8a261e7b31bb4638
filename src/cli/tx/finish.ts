import type { WadiClient } from '../../client/client.ts'
import { TxError } from '../../client/errors.ts'
import type { RunContext } from '../context.ts'
import { type OutputFormat, print } from '../output.ts'
import { resultJson } from './result.ts'

/** What to do once a transaction is accepted. */
export interface Finishing {
  readonly output: OutputFormat
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
  if (!options.wait) return print(context, options.output, { txhash: hash, code: 0 })
  context.stderr.write(`sent ${hash}, waiting for the block …\n`)
  try {
    await print(context, options.output, resultJson(await client.waitForTx(hash), options.output))
  } catch (error) {
    if (error instanceof TxError && error.height !== undefined) {
      const failed = await client.transaction(hash)
      if (failed !== undefined) await print(context, options.output, resultJson(failed, options.output))
    }
    throw error
  }
}

import type { NodeContext } from '../context.ts'
import { type Cometbft, preparedCometbft } from '../node/cometbft.ts'
import { NodeError } from '../node/errors.ts'
import type { DevOptions } from './dev.ts'

const HOME = '.wadi/devnet'

/** `npm start`: the devnet, behind CometBFT where there is one and solo mode was not asked for. */
export async function startDev(context: NodeContext, options: DevOptions): Promise<number> {
  const found = options.solo === true ? 'asked for by --solo' : usableCometbft()
  if (typeof found === 'string') {
    const { runSoloDev } = await import('./dev-solo.ts')
    return runSoloDev(context, options, found)
  }
  if (options.mining === false)
    throw new NodeError('bad-option', '--no-mining is of solo mode', ['add --solo'])
  const { runDev } = await import('./dev.ts')
  return runDev(context, { ...options, home: options.home ?? HOME }, found)
}

/** The release that is supported, or why there is none: solo mode takes its place then. */
function usableCometbft(): Cometbft | string {
  try {
    return preparedCometbft()
  } catch (error) {
    if (!(error instanceof NodeError)) throw error
    return error.message.split('\n')[0] as string
  }
}

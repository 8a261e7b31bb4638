import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../../../', import.meta.url)

/**
 * What Node is told wherever a node of this chain is started, one flag a line in `bin/node-flags`, for the launcher
 * reads it too. Transactions live from CheckTx to their block: with the usual young generation of 16 MiB each is copied
 * twice on its way, and the threads that help to collect take processor time from CometBFT on a small machine. With
 * 64 MiB and one thread a bank send takes a fifth less (BENCHMARKS.md).
 */
export const NODE_FLAGS: readonly string[] = readFileSync(new URL('bin/node-flags', ROOT), 'utf8')
  .trim()
  .split('\n')

/** This program with some arguments, as a process of its own. */
export function wadiCommand(args: readonly string[]): { command: string; args: string[] } {
  const program = fileURLToPath(new URL('bin/wadi.mjs', ROOT))
  return { command: process.execPath, args: [...NODE_FLAGS, program, ...args] }
}

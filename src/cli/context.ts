import type { Chain } from '../kernel/chain.ts'

/** What every command needs of the program it belongs to. */
export interface CliContext {
  readonly chain: Chain
  /** Version of this program, as in package.json. */
  readonly version: string
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

import type { Chain } from '../kernel/chain.ts'
import type { QueryThread } from '../query/thread.ts'

/** What every command needs of the program it belongs to. */
export interface CliContext {
  /** The modules of the chain; loaded by the commands that execute it. */
  readonly loadChain: () => Promise<Chain>
  /** Version of this program, as in package.json. */
  readonly version: string
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** A context whose command can say how the program ends. */
export interface RunContext extends CliContext {
  /** Set while a shell completes a line: only what is on the way to its last word has to be there. */
  readonly completing?: { readonly texts: boolean }
  exit(code: number): void
}

/** The context of a command that runs a node. */
export interface NodeContext extends RunContext {
  readonly chain: Chain
  /** Made first of all: its code loads while that of the node does. */
  readonly queryThread: QueryThread
}

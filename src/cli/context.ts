import type { Chain } from '../kernel/chain.ts'
import type { WriteContext } from '../kernel/context.ts'
import type { QueryThread } from '../query/thread.ts'

/** What a development chain may do to its state without a transaction; refuses bad input before it writes. */
export interface DevStateTools {
  setBalance(ctx: WriteContext, address: string, coins: readonly { denom: string; amount: string }[]): void
}

/** What every command needs of the program it belongs to. */
export interface CliContext {
  /** The modules of the chain; loaded by the commands that execute it. */
  readonly loadChain: () => Promise<Chain>
  /** What solo mode may do beside it. */
  readonly loadDevTools: () => Promise<DevStateTools>
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
  readonly devTools: DevStateTools
  /** Made first of all: its code loads while that of the node does. */
  readonly queryThread: QueryThread
}

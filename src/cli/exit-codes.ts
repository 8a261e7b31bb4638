/** How a command ends, by name. Scripts rely on the numbers: append, never change one. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  failedInBlock: 4,
  notFound: 5,
  timeout: 6,
  unreachable: 7,
  locked: 8,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What each exit code says, for `wadi help exit-codes`. */
export const exitMeanings: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  failed: 'failed, for a reason that none of the other codes names',
  usage: 'wrong usage: an unknown command or option, or a value that cannot be',
  refused: 'the node refused the transaction; it is in no block, and no fee was taken',
  failedInBlock: 'the transaction is in a block and failed there; its fee was taken',
  notFound: 'what was asked for does not exist, on the chain or in the keyring',
  timeout: 'it did not happen in time; a transaction that was sent may still get into a block',
  unreachable: 'no node answers, or it is not ready to',
  locked: 'a key cannot be opened: wrong password, a damaged key file, or one that others may read',
  interrupted: 'interrupted at the terminal (Ctrl-C)',
}

/** What an error may say about itself; read by name, so that only its thrower has to be loaded. */
interface KnownError extends Error {
  readonly exitCode?: ExitCode
  readonly codespace?: string
  readonly code?: number | string
  readonly height?: number
  readonly log?: string
  readonly path?: string
}

/** The exit code of a command that ended with this error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof Error)) return EXIT.failed
  const known = error as KnownError
  switch (known.name) {
    case 'UsageError':
      return EXIT.usage
    case 'TxError':
      return known.height === undefined ? EXIT.refused : EXIT.failedInBlock
    case 'TxKnownError':
      return EXIT.refused
    case 'TxTimeoutError':
      return EXIT.timeout
    case 'QueryError':
      return refusedQuery(known)
    case 'NotReadyError':
      return EXIT.unreachable
    case 'NodeError':
      return nodeErrors[known.code ?? ''] ?? EXIT.failed
    case 'ExitPromptError':
      return EXIT.interrupted
    default:
      return known.exitCode ?? EXIT.failed
  }
}

const nodeErrors: Readonly<Record<string, ExitCode>> = {
  'bad-option': EXIT.usage,
  timeout: EXIT.timeout,
  'not-running': EXIT.unreachable,
}

/** Of codespace `query`: what is wrong with the node, not with the question. */
const nodeTrouble: Readonly<Record<number, ExitCode>> = {
  2: EXIT.unreachable,
  3: EXIT.unreachable,
  4: EXIT.timeout,
  5: EXIT.unreachable,
}

function refusedQuery({ codespace, code, log = '', path = '' }: KnownError): ExitCode {
  const trouble = codespace === 'query' ? nodeTrouble[Number(code)] : undefined
  if (trouble !== undefined) return trouble
  // The second is said of a height that is still to come, in the words of the SDK.
  if (/not found|bigger then the chain length/i.test(log)) return EXIT.notFound
  // What the simulation refuses, the node would refuse.
  return path.endsWith('/Simulate') ? EXIT.refused : EXIT.failed
}

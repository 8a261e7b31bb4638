import { EXIT, type ExitCode } from './exit-codes.ts'

/** A command that was not written as it must be: exit code 2. The message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A command that could not do its work, for a reason outside of it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode

  /** `fix` are the steps that help, one a line. */
  constructor(message: string, fix: readonly string[] = [], exitCode: ExitCode = EXIT.failed) {
    super([message, ...fix.map((step) => `  - ${step}`)].join('\n'))
    this.exitCode = exitCode
  }
}

/** What can go wrong around a node's processes and files; scripts may match on it. */
export type NodeErrorCode =
  | 'cometbft-missing'
  | 'cometbft-wrong-version'
  | 'home-missing'
  | 'home-exists'
  | 'home-damaged'
  | 'home-in-use'
  | 'bad-option'
  | 'port-taken'
  | 'no-free-port'
  | 'start-failed'
  | 'timeout'
  | 'not-running'

/** An expected failure, told to a person: what happened to which file or process, and what to do about it. */
export class NodeError extends Error {
  readonly code: NodeErrorCode
  /** One step a line; at least one. */
  readonly fix: readonly string[]

  constructor(code: NodeErrorCode, message: string, fix: readonly string[]) {
    super([message, ...fix.map((step) => `  - ${step}`)].join('\n'))
    this.name = 'NodeError'
    this.code = code
    this.fix = fix
  }
}

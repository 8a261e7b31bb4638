/** A call that is refused in CometBFT's words: they become `error.data` of a JSON-RPC "Internal error". */
export class RpcRefusal extends Error {
  override readonly name = 'RpcRefusal'
}

/** The data folder or the genesis file cannot be used; `fix` says what to do, one step a line. */
export class SoloError extends Error {
  override readonly name = 'SoloError'
  readonly fix: readonly string[]

  constructor(message: string, fix: readonly string[]) {
    super([message, ...fix.map((step) => `  - ${step}`)].join('\n'))
    this.fix = fix
  }
}

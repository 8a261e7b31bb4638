/** The peer sent what is not ABCI. The connection it came on is closed; CometBFT ends itself. */
export class AbciProtocolError extends Error {
  override readonly name = 'AbciProtocolError'
}

/** An address the server cannot listen on; the message says which and what to do. */
export class AbciAddressError extends Error {
  override readonly name = 'AbciAddressError'
}

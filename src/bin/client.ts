/** `wadi/client`: all that a dapp imports. Nothing here needs Node, and a bundler drops what is not used. */
export { wadiAminoConverters } from '../client/amino.ts'
export { type Queries, WadiClient, type WaitOptions } from '../client/client.ts'
export type { ConnectOptions } from '../client/comet.ts'
export { QueryError, type Refusal, TxError, TxKnownError, TxTimeoutError } from '../client/errors.ts'
export { adjustGas, type CoinAmount, feeFor, GasPriceError, parseGasPrice } from '../client/fees.ts'
export { type Messages, messages } from '../client/messages.ts'
export {
  type DigestOptions,
  digestFiles,
  digestLines,
  type FileDigest,
  type FileSetDigest,
  FileSetError,
  type FileSource,
  fileSetDigest,
} from '../client/model-digest.ts'
export { type AccountNonce, NonceManager, WrongSequenceError } from '../client/nonces.ts'
export { type AbciQuerier, queryApi } from '../client/queries.ts'
export { wadiRegistry, wadiTypes } from '../client/registry.ts'
export { messageServices, queryServices } from '../client/services.ts'
export { type SigningOptions, SigningWadiClient, type TxFee, type TxOptions } from '../client/signing.ts'
export type { TxResult } from '../client/tx-result.ts'
export type { QueryApi, QueryOptions, TypedEncodeObject } from '../client/types.ts'
export { signerFromMnemonic } from '../client/wallet.ts'

/** `wadi/client`: all that a dapp imports. Nothing here needs Node, and a bundler drops what is not used. */

export {
  EventAssetRegistered,
  EventAssetTransferred,
  EventLineageAdded,
  EventStatusChanged,
  EventVersionActivated,
  EventVersionRegistered,
} from '#gen/wadi/asset/v1/events.ts'
export { wadiAminoConverters } from '../client/amino.ts'
export { type Lists, type Queries, WadiClient, type WaitOptions } from '../client/client.ts'
export type { ConnectOptions } from '../client/comet.ts'
export {
  EventError,
  ListPrunedError,
  NotReadyError,
  QueryError,
  type RawEvent,
  type Refusal,
  SubscriptionError,
  TxError,
  TxKnownError,
  TxTimeoutError,
} from '../client/errors.ts'
export { type DecodedEvent, EventList, type EventOf, type EventType, sdkEvents } from '../client/events.ts'
export { adjustGas, type CoinAmount, feeFor, GasPriceError, parseGasPrice } from '../client/fees.ts'
export { VerificationError, type VerificationReason, VerifyUnsupportedError } from '../client/light/errors.ts'
export type { Trust } from '../client/light/light-client.ts'
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
export type {
  BlockInfo,
  ChainEvent,
  EventOptions,
  SubscribeOptions,
  Subscriptions,
} from '../client/subscriptions.ts'
export { type TxQuery, TxQueryError } from '../client/tx-query.ts'
export type { TxResult } from '../client/tx-result.ts'
export type { ListApi, ListOptions, QueryApi, QueryOptions, TypedEncodeObject } from '../client/types.ts'
export { signerFromMnemonic } from '../client/wallet.ts'

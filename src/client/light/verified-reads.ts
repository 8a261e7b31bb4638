/**
 * The queries whose answers a client can prove: those that read single keys. Each one makes the answer of the node's
 * own query out of proven values. A test holds keys and answers to those of the modules.
 */

import { Params as AuthParams, BaseAccount, ModuleAccount } from '#gen/cosmos/auth/v1beta1/auth.ts'
import type {
  QueryAccountInfoRequest,
  QueryAccountInfoResponse,
  QueryAccountRequest,
  QueryAccountResponse,
} from '#gen/cosmos/auth/v1beta1/query.ts'
import { Params as BankParams, Metadata } from '#gen/cosmos/bank/v1beta1/bank.ts'
import type {
  QueryBalanceRequest,
  QueryBalanceResponse,
  QueryDenomMetadataRequest,
  QueryDenomMetadataResponse,
  QuerySupplyOfRequest,
  QuerySupplyOfResponse,
} from '#gen/cosmos/bank/v1beta1/query.ts'
import { Any } from '#gen/google/protobuf/any.ts'
import type {
  QueryAssetRequest,
  QueryAssetResponse,
  QueryCommitmentRequest,
  QueryCommitmentResponse,
} from '#gen/wadi/asset/v1/query.ts'
import {
  Asset,
  Params as AssetParams,
  AssetStatus,
  Commitment,
  Version,
  VersionStatus,
} from '#gen/wadi/asset/v1/types.ts'
import { addressBytes } from '#lib/address.ts'
import { clip, fromByteString, fromHex, utf8Text, ValueError } from '#lib/bytes.ts'
import { QueryError } from '../errors.ts'
import { type ProvenState, storeKey, terminated, unsigned } from './proven-state.ts'

type VerifiedRead = (state: ProvenState, request: never) => Promise<unknown>

const account = (text: string): Uint8Array => fromByteString(addressBytes(text))

async function balance(state: ProvenState, request: QueryBalanceRequest): Promise<QueryBalanceResponse> {
  const { denom } = request
  const key = storeKey(2, account(request.address), named('denom', denom))
  return { balance: { denom, amount: digits(await state.get('bank', key)) } }
}

async function supplyOf(state: ProvenState, { denom }: QuerySupplyOfRequest): Promise<QuerySupplyOfResponse> {
  const supply = await state.get('bank', storeKey(1, named('denom', denom)))
  return { amount: { denom, amount: digits(supply) } }
}

async function denomMetadata(
  state: ProvenState,
  { denom }: QueryDenomMetadataRequest,
): Promise<QueryDenomMetadataResponse> {
  const metadata = await state.get('bank', storeKey(4, named('denom', denom)))
  if (metadata === undefined) {
    const log = `rpc error: code = NotFound desc = client metadata for denom ${denom}: key not found`
    throw new QueryError('/cosmos.bank.v1beta1.Query/DenomMetadata', { codespace: 'sdk', code: 22, log })
  }
  return { metadata: Metadata.decode(metadata) }
}

async function storedAccount(state: ProvenState, address: string, method: string): Promise<Any> {
  const stored = await state.get('auth', storeKey(2, account(address)))
  if (stored !== undefined) return Any.decode(stored)
  const log = `rpc error: code = NotFound desc = account ${address} not found: key not found`
  throw new QueryError(`/cosmos.auth.v1beta1.Query/${method}`, { codespace: 'sdk', code: 22, log })
}

async function accountOf(
  state: ProvenState,
  { address }: QueryAccountRequest,
): Promise<QueryAccountResponse> {
  return { account: await storedAccount(state, address, 'Account') }
}

async function accountInfo(
  state: ProvenState,
  { address }: QueryAccountInfoRequest,
): Promise<QueryAccountInfoResponse> {
  const { typeUrl, value } = await storedAccount(state, address, 'AccountInfo')
  const isModule = typeUrl === `/${ModuleAccount.$type}`
  return { info: isModule ? ModuleAccount.decode(value).baseAccount : BaseAccount.decode(value) }
}

async function asset(state: ProvenState, { assetId }: QueryAssetRequest): Promise<QueryAssetResponse> {
  const id = unsigned(assetId, 8)
  const stored = await state.get('asset', storeKey(4, id))
  if (stored === undefined) {
    const refusal = { codespace: 'asset', code: 2, log: `asset ${assetId}: asset not found` }
    throw new QueryError('/wadi.asset.v1.Query/Asset', refusal)
  }
  const row = Asset.decode(stored)
  if (row.status !== AssetStatus.ASSET_STATUS_PROVISIONAL) return { asset: row }
  // Once its first version is due, an asset counts as confirmed, even if the block's budget did not reach it.
  const first = await state.get('asset', storeKey(9, id, unsigned(1n, 4)))
  const { status, activeHeight } = Version.decode(first ?? new Uint8Array())
  const isDue = status === VersionStatus.VERSION_STATUS_PROVISIONAL && BigInt(state.height) >= activeHeight
  return { asset: isDue ? { ...row, status: AssetStatus.ASSET_STATUS_CONFIRMED } : row }
}

async function commitment(
  state: ProvenState,
  request: QueryCommitmentRequest,
): Promise<QueryCommitmentResponse> {
  const { owner, commitment: digest } = request
  if (!/^[0-9a-fA-F]{64}$/.test(digest))
    throw new ValueError(`commitment ${clip(digest)} is not 64 hexadecimal digits`)
  const stored = await state.get('asset', storeKey(15, account(owner), fromHex(digest)))
  if (stored !== undefined) return { commitment: Commitment.decode(stored) }
  const refusal = { codespace: 'asset', code: 4, log: `${digest} of ${owner}: commitment not found` }
  throw new QueryError('/wadi.asset.v1.Query/Commitment', refusal)
}

/** Parameters stand under 0 in every store. */
const params =
  <T>(store: string, type: { decode(bytes: Uint8Array): T }) =>
  async (state: ProvenState): Promise<{ params: T }> => ({
    params: type.decode((await state.get(store, storeKey(0))) ?? new Uint8Array()),
  })

function named(field: string, value: string): Uint8Array {
  if (value === '') throw new ValueError(`${field} is missing`)
  return terminated(value)
}

/** Amounts are stored as their decimal digits; none is 0. */
const digits = (stored: Uint8Array | undefined): string => (stored === undefined ? '0' : utf8Text(stored))

/** By the path of the query. */
export const verifiedReads: ReadonlyMap<string, VerifiedRead> = new Map<string, VerifiedRead>([
  ['/cosmos.auth.v1beta1.Query/Account', accountOf],
  ['/cosmos.auth.v1beta1.Query/AccountInfo', accountInfo],
  ['/cosmos.auth.v1beta1.Query/Params', params('auth', AuthParams)],
  ['/cosmos.bank.v1beta1.Query/Balance', balance],
  ['/cosmos.bank.v1beta1.Query/SpendableBalanceByDenom', balance],
  ['/cosmos.bank.v1beta1.Query/SupplyOf', supplyOf],
  ['/cosmos.bank.v1beta1.Query/DenomMetadata', denomMetadata],
  ['/cosmos.bank.v1beta1.Query/Params', params('bank', BankParams)],
  ['/wadi.asset.v1.Query/Asset', asset],
  ['/wadi.asset.v1.Query/Commitment', commitment],
  ['/wadi.asset.v1.Query/Params', params('asset', AssetParams)],
])

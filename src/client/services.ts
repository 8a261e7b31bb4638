/** The services of this chain. A test holds this table to the definitions, so that none is forgotten. */

import { BaseAccount, ModuleAccount } from '#gen/cosmos/auth/v1beta1/auth.ts'
import { QueryDefinition as AuthQuery } from '#gen/cosmos/auth/v1beta1/query.ts'
import { MsgDefinition as AuthMsg } from '#gen/cosmos/auth/v1beta1/tx.ts'
import { QueryDefinition as BankQuery } from '#gen/cosmos/bank/v1beta1/query.ts'
import { MsgDefinition as BankMsg } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { ServiceDefinition as NodeService } from '#gen/cosmos/base/node/v1beta1/query.ts'
import { ServiceDefinition as TendermintService } from '#gen/cosmos/base/tendermint/v1beta1/query.ts'
import { QueryDefinition as ConsensusQuery } from '#gen/cosmos/consensus/v1/query.ts'
import { MsgDefinition as ConsensusMsg } from '#gen/cosmos/consensus/v1/tx.ts'
import { PubKey as Ed25519 } from '#gen/cosmos/crypto/ed25519/keys.ts'
import { LegacyAminoPubKey } from '#gen/cosmos/crypto/multisig/keys.ts'
import { PubKey as Secp256k1 } from '#gen/cosmos/crypto/secp256k1/keys.ts'
import { PubKey as EthSecp256k1 } from '#gen/cosmos/evm/crypto/v1/ethsecp256k1/keys.ts'
import { ServiceDefinition as TxService } from '#gen/cosmos/tx/v1beta1/service.ts'
import { Tx } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { QueryDefinition as AssetQuery } from '#gen/wadi/asset/v1/query.ts'
import { MsgDefinition as AssetMsg } from '#gen/wadi/asset/v1/tx.ts'
import { QueryDefinition as SystemQuery } from '#gen/wadi/system/v1/query.ts'
import { MsgDefinition as SystemMsg } from '#gen/wadi/system/v1/tx.ts'
import type { GeneratedCodec, ServiceDefinition } from './types.ts'

/** What can be sent, by the name of the module. */
export const messageServices = {
  asset: AssetMsg,
  auth: AuthMsg,
  bank: BankMsg,
  consensus: ConsensusMsg,
  system: SystemMsg,
} as const

/** What can be asked, by the name of the module. */
export const queryServices = {
  asset: AssetQuery,
  auth: AuthQuery,
  bank: BankQuery,
  consensus: ConsensusQuery,
  node: NodeService,
  system: SystemQuery,
  tendermint: TendermintService,
  tx: TxService,
} as const

/** What stands inside an Any of a response besides messages: accounts, their keys, transactions. */
const packedTypes: readonly GeneratedCodec[] = [
  BaseAccount,
  ModuleAccount,
  Ed25519,
  Secp256k1,
  EthSecp256k1,
  LegacyAminoPubKey,
  Tx,
]

/** Every message that may be in a transaction. */
export function messageTypes(): readonly GeneratedCodec[] {
  return typesOf(Object.values(messageServices), 'requestType')
}

/** What messages answer with. */
export function messageResponseTypes(): readonly GeneratedCodec[] {
  return typesOf(Object.values(messageServices), 'responseType')
}

/** Every type that may stand inside an Any. */
export function anyTypes(): readonly GeneratedCodec[] {
  return [...packedTypes, ...messageTypes(), ...messageResponseTypes()]
}

function typesOf(
  services: readonly ServiceDefinition[],
  which: 'requestType' | 'responseType',
): readonly GeneratedCodec[] {
  return services.flatMap(({ methods }) => Object.values(methods).map((method) => method[which]))
}

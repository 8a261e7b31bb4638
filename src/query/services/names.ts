import { ServiceDefinition as Node } from '#gen/cosmos/base/node/v1beta1/query.ts'
import { ServiceDefinition as Tendermint } from '#gen/cosmos/base/tendermint/v1beta1/query.ts'
import { ServiceDefinition as Tx } from '#gen/cosmos/tx/v1beta1/service.ts'

/** Full names of the services that every node answers beside those of the modules, in the order of the doors. */
export const NODE_SERVICES: readonly string[] = [Tx.fullName, Node.fullName, Tendermint.fullName]

import { TxMsgData } from '#gen/cosmos/base/abci/v1beta1/abci.ts'
import type { SimulateResponse } from '#gen/cosmos/tx/v1beta1/service.ts'
import type { Event } from '#gen/tendermint/abci/types.ts'
import type { ExecTxResult } from '../../abci/types.ts'
import { Executor, type ExecutorOptions } from '../../app/execute.ts'
import { type Failure, isFailure } from '../../app/failure.ts'
import { Overlay } from '../../store/overlay.ts'
import { GRPC, Refusal } from '../errors.ts'
import type { Versions } from '../versions.ts'

/** Runs a transaction on a version (0: the newest) and forgets what it wrote. */
export type Simulate = (tx: Uint8Array, height: number) => SimulateResponse

/** Simulates as CheckTx of the next block would see the transaction; no signature is verified. */
export function createSimulate(versions: Versions, options: ExecutorOptions): Simulate {
  const executor = new Executor(options)
  return (bytes, height) => {
    const tx = executor.decode(bytes)
    if (isFailure(tx)) throw refusal(tx)
    return versions.read(height, ({ store, height: at, time, chainId }) => {
      const scope = { store: new Overlay(store), height: BigInt(at) + 1n, time, chainId }
      const result = executor.run(scope, tx, 0, 'simulate')
      if (result.code !== 0) throw refusal(result, result.gasUsed)
      return responseOf(result)
    })
  }
}

function refusal({ codespace, code, log }: Failure, gasUsed?: number): Refusal {
  const text = gasUsed === undefined ? log : `${log} with gas used: '${gasUsed}'`
  return new Refusal(gasUsed === undefined ? GRPC.invalidArgument : GRPC.unknown, codespace, code, text)
}

function responseOf(result: ExecTxResult): SimulateResponse {
  return {
    gasInfo: { gasWanted: BigInt(result.gasWanted), gasUsed: BigInt(result.gasUsed) },
    result: {
      data: result.data,
      log: result.log,
      events: result.events.map(({ type, attributes }) => ({ type, attributes: pairs(attributes) })),
      msgResponses: TxMsgData.decode(result.data).msgResponses,
    },
  }
}

function pairs(flat: readonly string[]): Event['attributes'] {
  const attributes: Event['attributes'] = []
  for (let i = 0; i + 1 < flat.length; i += 2) {
    attributes.push({ key: flat[i] as string, value: flat[i + 1] as string, index: true })
  }
  return attributes
}

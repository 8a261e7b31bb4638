import type { MessagePort } from 'node:worker_threads'
import { PubKey } from '#gen/cosmos/crypto/ed25519/keys.ts'
import { AuthInfo, Tx, TxBody } from '#gen/cosmos/tx/v1beta1/tx.ts'
import type { ResponseQuery } from '#gen/tendermint/abci/types.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { portableVerifier } from '#lib/verifier-portable.ts'
import { simulatorOptions } from '../app/create.ts'
import type { Chain } from '../kernel/chain.ts'
import { StoreReader } from '../store/reader.ts'
import { AbciDoor } from './abci-paths.ts'
import { ResponseBatch, readRequests } from './batch.ts'
import { CometRpc } from './comet-rpc.ts'
import type { PoolMessage, WorkerMessage, WorkerSettings } from './messages.ts'
import { Queries } from './queries.ts'
import { RestDoor } from './rest.ts'
import { restPages } from './rest-pages.ts'
import { deriveRoutes, servicesOf } from './routes.ts'
import { Comet } from './services/comet.ts'
import { createNodeService } from './services/node.ts'
import { createSimulate } from './services/simulate.ts'
import { createTendermintService } from './services/tendermint.ts'
import { createTxService } from './services/tx.ts'
import { Versions } from './versions.ts'

export interface Doors {
  readonly queries: Queries
  readonly abci: AbciDoor
}

/** Everything that answers queries, put together over one store. */
export function createDoors(chain: Chain, settings: WorkerSettings, onBug: (error: unknown) => void): Doors {
  registerCodecs([Tx, TxBody, AuthInfo, PubKey])
  const { software, minGasPrices, historyVersions, queryGas } = settings
  const comet = new Comet(new CometRpc({ url: settings.rpcUrl }))
  const versions = new Versions(chain, new StoreReader(settings.share), queryGas)
  const executor = { ...simulatorOptions(chain, portableVerifier), onBug }
  const simulate = createSimulate(versions, executor)
  const check = (tx: Uint8Array) => void executor.decode(tx)
  const services = [
    createTxService({ comet, simulate, check }),
    createNodeService({ versions, comet, minGasPrices, historyVersions }),
    createTendermintService({
      versions,
      comet,
      name: chain.name,
      software,
      // Never through CometBFT: its reply would wait behind the question.
      abciQuery: (request) => abci.answer(request),
    }),
  ]
  const queries = new Queries(deriveRoutes(chain, services), versions)
  const abci = new AbciDoor({ queries, simulate, stores: chain.stores, software, onBug })
  return { queries, abci }
}

/** Answers are sent when so many wait, or at the end of the batch of questions. */
const ANSWERS = 64

/** Runs in the worker: answers the main thread's queries, and REST. Resolves when it serves. */
export async function serveQueries(chain: Chain, settings: WorkerSettings, port: MessagePort): Promise<void> {
  const post = (message: WorkerMessage) =>
    message instanceof Uint8Array ? port.postMessage(message, [message.buffer]) : port.postMessage(message)
  const onBug = (error: unknown) => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    post({ kind: 'log', level: 'error', message: 'a query failed without a name', fields: { error: stack } })
  }
  const { queries, abci } = createDoors(chain, settings, onBug)
  const rest = openRest(chain, queries, settings, onBug)
  const restUrl = await rest?.listen()

  const answers = new ResponseBatch()
  const flush = () => {
    if (answers.size > 0) post(answers.take())
  }
  const late = (id: number, response: ResponseQuery) => {
    if (answers.size === 0) setImmediate(flush)
    answers.add(id, response)
  }
  port.on('message', (message: PoolMessage) => {
    if (message === 'ping') return post({ kind: 'pong' })
    if (message === 'close') {
      // Ends the thread alone, and does not wait for calls that are under way.
      void (rest?.close() ?? Promise.resolve()).then(() => process.exit(0))
      return
    }
    for (const [id, request] of readRequests(message)) {
      const answer = abci.answer(request)
      if (answer instanceof Promise) void answer.then((response) => late(id, response))
      else answers.add(id, answer)
      if (answers.size >= ANSWERS) flush()
    }
    flush()
  })
  post({ kind: 'ready', restUrl, counts: queries.counts.shared })
}

function openRest(
  { name }: Chain,
  queries: Queries,
  settings: WorkerSettings,
  onBug: (error: unknown) => void,
): RestDoor | undefined {
  if (settings.rest === undefined) return undefined
  const { software, minGasPrices, rpcUrl } = settings
  const services = servicesOf(queries.routes.keys())
  const chainId = () => queries.versions.read(0, (version) => version.chainId)
  const pages = restPages({ name, software, minGasPrices, rpcUrl, services, chainId })
  return new RestDoor(queries, settings.rest, { pages, onBug })
}

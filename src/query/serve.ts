import type { MessagePort } from 'node:worker_threads'
import { PubKey } from '#gen/cosmos/crypto/ed25519/keys.ts'
import { AuthInfo, Tx, TxBody } from '#gen/cosmos/tx/v1beta1/tx.ts'
import type { ResponseQuery } from '#gen/tendermint/abci/types.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { portableVerifier } from '#lib/verifier-portable.ts'
import { simulatorOptions } from '../app/create.ts'
import type { Chain } from '../kernel/chain.ts'
import { HistoryError } from '../store/errors.ts'
import { HistoryDatabase } from '../store/history-database.ts'
import { HistoryReader } from '../store/history-reader.ts'
import { StoreReader } from '../store/reader.ts'
import { AbciDoor } from './abci-paths.ts'
import { ResponseBatch, readRequests } from './batch.ts'
import { CometRpc } from './comet-rpc.ts'
import { GrpcDoor } from './grpc/door.ts'
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
export function createDoors(
  chain: Chain,
  settings: WorkerSettings,
  onBug: (error: unknown) => void,
  history?: HistoryReader,
): Doors {
  registerCodecs([Tx, TxBody, AuthInfo, PubKey])
  const { software, minGasPrices, pruning, queryGas } = settings
  const comet = new Comet(new CometRpc({ url: settings.rpcUrl }))
  const versions = new Versions(chain, new StoreReader(settings.share), queryGas, history)
  const executor = { ...simulatorOptions(chain, portableVerifier), onBug }
  const simulate = createSimulate(versions, executor)
  const check = (tx: Uint8Array) => void executor.decode(tx)
  const services = [
    createTxService({ comet, simulate, check }),
    createNodeService({ versions, comet, minGasPrices, pruning }),
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

/** The history of the node, if there is one: also where nothing is added to it any more. */
async function openHistory(
  { history, share }: WorkerSettings,
  warn: (message: string) => void,
): Promise<HistoryReader | undefined> {
  if (history === undefined || !HistoryDatabase.exists(history)) return undefined
  try {
    return await HistoryReader.open(history, share.names)
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error
    warn(`${error.message}; queries at its heights are refused`)
    return undefined
  }
}

/** Answers are sent when so many wait, or at the end of the batch of questions. */
const ANSWERS = 64

/** Runs in the worker: answers the main thread's queries, REST and gRPC. Resolves when it serves. */
export async function serveQueries(chain: Chain, settings: WorkerSettings, port: MessagePort): Promise<void> {
  const post = (message: WorkerMessage) =>
    message instanceof Uint8Array ? port.postMessage(message, [message.buffer]) : port.postMessage(message)
  const onBug = (error: unknown) => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    post({ kind: 'log', level: 'error', message: 'a query failed without a name', fields: { error: stack } })
  }
  const history = await openHistory(settings, (message) => {
    post({ kind: 'log', level: 'warn', message, fields: {} })
  })
  const { queries, abci } = createDoors(chain, settings, onBug, history)
  const rest = openRest(chain, queries, settings, onBug)
  const grpc = settings.grpc === undefined ? undefined : new GrpcDoor(queries, settings.grpc, onBug)
  const restUrl = await rest?.listen()
  const grpcAddress = await grpc?.listen()

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
      const closed = Promise.all([rest?.close(), grpc?.close(), history?.close()])
      void closed.then(() => process.exit(0))
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
  post({ kind: 'ready', restUrl, grpcAddress, counts: queries.counts.shared })
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

import type { RequestQuery, ResponseQuery } from '#gen/tendermint/abci/types.ts'
import { toByteString, utf8 } from '#lib/bytes.ts'
import { toJson } from '#lib/proto-json.ts'
import { sdk } from '../kernel/sdk-errors.ts'
import { refusalOf } from './errors.ts'
import { decodeRequest, type Queries } from './queries.ts'
import type { Simulate } from './services/simulate.ts'

export interface AbciDoorOptions {
  readonly queries: Queries
  readonly simulate: Simulate
  /** Store names by slot. */
  readonly stores: readonly string[]
  /** Answered to `/app/version`. */
  readonly software: string
  readonly onBug: (error: unknown) => void
}

const BROADCAST = '/cosmos.tx.v1beta1.Service/BroadcastTx'
const NOTHING = new Uint8Array()

/**
 * Answers `abci_query`: methods by their gRPC path, `/store/<name>/key` with proofs, `/app/version`, `/app/simulate`,
 * `/p2p/filter/…`. Paths, codes and texts are those of the Cosmos SDK.
 */
export class AbciDoor {
  readonly #options: AbciDoorOptions

  constructor(options: AbciDoorOptions) {
    this.#options = options
  }

  /** Never throws or rejects: every question has an answer. */
  answer(request: RequestQuery): ResponseQuery | Promise<ResponseQuery> {
    try {
      const answer = this.#route(request)
      return answer instanceof Promise ? answer.catch((error: unknown) => this.#refused(error)) : answer
    } catch (error) {
      return this.#refused(error)
    }
  }

  #refused(error: unknown): ResponseQuery {
    const { codespace, code, message } = refusalOf(error, this.#options.onBug)
    return good(Math.max(1, this.#options.queries.versions.newest), { codespace, code, log: message })
  }

  #route(request: RequestQuery): ResponseQuery | Promise<ResponseQuery> {
    const { path } = request
    const { queries } = this.#options
    if (path === BROADCAST) throw sdk.invalidRequest("can't route a broadcast tx message")
    const route = queries.routes.get(path)
    if (route !== undefined) {
      const encode = (response: object) => route.response.encode(response).finish()
      const answer = queries.call(route, decodeRequest(route, request.data), heightOf(request), encode)
      return answer instanceof Promise ? answer.then(withValue) : withValue(answer)
    }
    return queries.counts.measure(path, () => this.#elsewhere(request))
  }

  #elsewhere(request: RequestQuery): ResponseQuery {
    const parts = request.path.split('/').filter((part, i) => i > 0 || part !== '')
    switch (parts[0]) {
      case 'store':
        return this.#store(parts, request)
      case 'app':
        return this.#app(parts[1], request)
      case 'p2p':
        return this.#peers(parts)
      case undefined:
        throw sdk.unknownRequest('no query path provided')
      default:
        throw sdk.unknownRequest('unknown query path')
    }
  }

  #store([, name = '', kind]: readonly string[], { data, height, prove }: RequestQuery): ResponseQuery {
    const { queries, stores } = this.#options
    const slot = stores.indexOf(name)
    if (slot < 0) throw sdk.unknownRequest(`no such store: ${name}`)
    if (kind !== 'key') throw sdk.unknownRequest(`unexpected query path: /${kind ?? ''}; only /key is served`)
    if (data.length === 0) throw sdk.txDecode('query cannot be zero length')
    const wanted = queries.versions.resolve(Number(height))
    if (prove && wanted <= 1) {
      throw sdk.invalidRequest('cannot query with proof when height <= 1; please provide a valid height')
    }
    return queries.versions.read(wanted, ({ store }) => {
      const key = toByteString(data)
      const value = store.get(slot, key) ?? NOTHING
      const proofOps = prove ? { ops: [...store.proof(slot, key)] } : undefined
      return good(wanted, { key: data, value, proofOps })
    })
  }

  #app(what: string | undefined, { data, height }: RequestQuery): ResponseQuery {
    const { queries, simulate, software } = this.#options
    const wanted = queries.versions.resolve(Number(height))
    if (what === 'version') return good(wanted, { codespace: 'sdk', value: utf8(software) })
    if (what === 'simulate') {
      const json = toJson('cosmos.base.abci.v1beta1.SimulationResponse', simulate(data, wanted))
      return good(wanted, { codespace: 'sdk', value: utf8(JSON.stringify(json)) })
    }
    throw sdk.unknownRequest(
      what === undefined
        ? "expected second parameter to be either 'simulate' or 'version', neither was present"
        : `unknown query: /app/${what}`,
    )
  }

  /** Which peers are welcome: all of them. */
  #peers(parts: readonly string[]): ResponseQuery {
    if (parts.length < 4) throw sdk.unknownRequest('path should be p2p filter <addr|id> <parameter>')
    if (parts[1] !== 'filter') throw sdk.unknownRequest("expected second parameter to be 'filter'")
    if (parts[2] !== 'addr' && parts[2] !== 'id')
      throw sdk.unknownRequest('expected third parameter to be addr or id')
    return good(Math.max(1, this.#options.queries.versions.newest), {})
  }
}

function heightOf({ height }: RequestQuery): number {
  return Number(height)
}

function withValue({
  height,
  value,
}: {
  readonly height: number
  readonly value: Uint8Array
}): ResponseQuery {
  return good(height, { value })
}

function good(height: number, parts: Partial<ResponseQuery>): ResponseQuery {
  return {
    code: 0,
    log: '',
    info: '',
    index: 0n,
    key: NOTHING,
    value: NOTHING,
    proofOps: undefined,
    codespace: '',
    ...parts,
    height: BigInt(height),
  }
}

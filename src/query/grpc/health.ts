import { HealthCheckRequest, HealthCheckResponse, HealthDefinition } from '#gen/grpc/health/v1/health.ts'
import { clip } from '#lib/bytes.ts'
import { sdk } from '../../kernel/sdk-errors.ts'
import { GRPC, nodeErr, refuse } from '../errors.ts'
import { decodeRequest } from '../queries.ts'
import type { Versions } from '../versions.ts'
import { encode, type GrpcMethods, type StreamMethod, type StreamOut, type UnaryMethod } from './methods.ts'

const SERVING = 1
const NOT_SERVING = 2
const SERVICE_UNKNOWN = 3

interface Watch {
  readonly service: string
  readonly out: StreamOut
  told: number
}

/** `grpc.health.v1.Health`: a service serves from the first block on. */
export class Health {
  static readonly service: string = HealthDefinition.fullName
  readonly #services: ReadonlySet<string>
  readonly #versions: Versions
  readonly #maxWatches: number
  readonly #watches = new Set<Watch>()

  /** `services` are the full names of all there are; at most `maxWatches` clients may watch at once. */
  constructor(services: Iterable<string>, versions: Versions, maxWatches: number) {
    this.#services = new Set([...services, ''])
    this.#versions = versions
    this.#maxWatches = maxWatches
  }

  get methods(): GrpcMethods {
    const path = `/${Health.service}`
    return new Map<string, UnaryMethod | StreamMethod>([
      [`${path}/Check`, { kind: 'unary', answer: (data) => this.#check(readService(data)) }],
      [`${path}/Watch`, { kind: 'stream', silent: true, open: (out) => this.#watch(out) }],
    ])
  }

  /** Tells whoever watches what has changed. */
  tell(): void {
    for (const watch of this.#watches) {
      const status = this.#status(watch.service)
      if (status === watch.told) continue
      watch.told = status
      watch.out.send(encode(HealthCheckResponse, { status }))
    }
  }

  #status(service: string): HealthCheckResponse['status'] {
    if (!this.#services.has(service)) return SERVICE_UNKNOWN
    return this.#versions.newest > 0 ? SERVING : NOT_SERVING
  }

  #check(service: string) {
    const status = this.#status(service)
    if (status === SERVICE_UNKNOWN) {
      throw refuse(GRPC.notFound, sdk.notFound(`service ${clip(service)}`))
    }
    const value = encode(HealthCheckResponse, { status })
    return { height: Math.max(1, this.#versions.newest), value }
  }

  #watch(out: StreamOut) {
    let watch: Watch | undefined
    return {
      request: (data: Uint8Array) => {
        if (watch !== undefined) throw sdk.invalidRequest('Watch takes one request')
        if (this.#watches.size >= this.#maxWatches) throw nodeErr.busy(`${this.#maxWatches} clients watch`)
        watch = { service: readService(data), out, told: -1 }
        this.#watches.add(watch)
        this.tell()
      },
      done: () => {},
      closed: () => {
        if (watch !== undefined) this.#watches.delete(watch)
      },
    }
  }
}

function readService(data: Uint8Array): string {
  return decodeRequest({ request: HealthCheckRequest }, data).service
}

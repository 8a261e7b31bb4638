import type { AppError } from '../kernel/errors.ts'
import { nodeErr } from './errors.ts'

/** A request that still arrives. */
export interface ArrivingRequest {
  /** Memory that it takes. */
  bytes: number
  /** Called once at most, when it has to give way. */
  readonly refuse: (error: AppError) => void
}

/**
 * The memory of all requests that still arrive. Where it is not enough, the largest gives way, not the one that comes
 * last: whoever sends a small one is served, however much others have begun.
 */
export class Arriving {
  readonly #limit: number
  readonly #requests = new Set<ArrivingRequest>()
  #bytes = 0

  /** @param limit bytes of all together */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Notes how much memory a request takes by now. */
  keep(request: ArrivingRequest, bytes: number): void {
    this.#requests.add(request)
    this.#bytes += bytes - request.bytes
    request.bytes = bytes
    while (this.#bytes > this.#limit) {
      const error = nodeErr.busy(`${this.#bytes} bytes wait to be requests`)
      const largest = this.#largest(request)
      this.drop(largest)
      largest.refuse(error)
    }
  }

  /** Forgets a request, as it is whole or will never be; of one that it does not know it does nothing. */
  drop(request: ArrivingRequest): void {
    if (!this.#requests.delete(request)) return
    this.#bytes -= request.bytes
    request.bytes = 0
  }

  #largest(first: ArrivingRequest): ArrivingRequest {
    let largest = first
    for (const request of this.#requests) if (request.bytes > largest.bytes) largest = request
    return largest
  }
}

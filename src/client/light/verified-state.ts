import { QueryError } from '../errors.ts'
import type { Verifier } from '../queries.ts'
import { VerificationError, VerifyUnsupportedError } from './errors.ts'
import { provenValue } from './ics23.ts'
import type { LightSource } from './light-block.ts'
import { LightClient, type Trust } from './light-client.ts'
import type { ProvenState } from './proven-state.ts'
import { verifiedReads } from './verified-reads.ts'

/** Answers queries from proven state. */
export class VerifiedReader implements Verifier {
  readonly #source: LightSource
  /** The headers behind the answers. */
  readonly light: LightClient

  constructor(source: LightSource, trust: Trust) {
    this.#source = source
    this.light = new LightClient(source, trust)
  }

  /**
   * The state after a block; without a height, after the one before the newest, because the newest block's own result
   * stands in the header to come.
   */
  async state(height?: number): Promise<ProvenState> {
    const header = await this.light.header(height === undefined ? undefined : height + 1)
    const at = header.height - 1
    const get = (store: string, key: Uint8Array) => this.#get(store, key, at, header.appHash)
    return { height: at, get }
  }

  /** Answers a query, as `/cosmos.bank.v1beta1.Query/Balance`. */
  async read(path: string, request: unknown, height?: number): Promise<unknown> {
    const read = verifiedReads.get(path)
    if (read === undefined) throw unsupported(path)
    return read(await this.state(height), request as never)
  }

  async #get(
    store: string,
    key: Uint8Array,
    height: number,
    appHash: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const path = `/store/${store}/key`
    const answer = await this.#source.abciQuery({ path, data: key, height, prove: true })
    const { code = 0, codespace, log = '' } = answer
    if (code !== 0) throw new QueryError(path, { code, codespace, log })
    if (answer.height !== height) {
      throw new VerificationError(
        'height',
        `the node answers for height ${answer.height} where ${height} is due`,
      )
    }
    return provenValue(answer.proof?.ops ?? [], store, key, answer.value, appHash)
  }
}

function unsupported(path: string): VerifyUnsupportedError {
  const known = [...verifiedReads.keys()].map((each) => each.replace(/^.*\.([a-z]+)\.v\w+\.Query\//, '$1.'))
  return new VerifyUnsupportedError(
    `${path} cannot be verified: it reads more than single keys; these can: ${known.join(', ')}`,
  )
}

/** What the generated service definitions say about the types of requests and responses. */

/** A generated message type. */
export interface GeneratedCodec {
  readonly $type: string
  encode(message: never): { finish(): Uint8Array }
  decode(bytes: Uint8Array): unknown
  fromPartial(object: never): unknown
}

/** A method of a generated service. */
export interface MethodDefinition {
  /** As in the proto file: `RegisterAsset`. */
  readonly name: string
  readonly requestType: GeneratedCodec
  readonly responseType: GeneratedCodec
}

/** A generated service. */
export interface ServiceDefinition {
  readonly fullName: string
  readonly methods: Readonly<Record<string, MethodDefinition>>
}

/** The object a codec reads. */
export type MessageOf<C> = C extends { decode(...args: never[]): infer T } ? T : never

/** What may be given for a message: every part of it may be left out. */
export type PartialOf<C> = C extends { fromPartial(object: infer P): unknown } ? P : never

/** A message as CosmJS takes it. */
export interface TypedEncodeObject<T> {
  readonly typeUrl: string
  readonly value: T
}

/** How a query is answered. */
export interface QueryOptions {
  /** At this height; the latest committed one when absent. */
  readonly height?: number | bigint
  /**
   * Believes the node only what it proves, from the header that the client was connected with as `trust`. Without a
   * height, the answer is that of the block before the newest. Throws `VerificationError`, and
   * `VerifyUnsupportedError` for a query that cannot be proven.
   */
  readonly verify?: boolean
}

/** One function a method: what it asks, and what comes back. */
export type QueryApi<S extends ServiceDefinition> = {
  readonly [M in keyof S['methods']]: (
    request?: PartialOf<S['methods'][M]['requestType']>,
    options?: QueryOptions,
  ) => Promise<MessageOf<S['methods'][M]['responseType']>>
}

/** One list of a paginated answer: all but its pagination. */
type ItemsOf<R> = { [K in keyof R]: R[K] extends readonly (infer T)[] ? T : never }[keyof R]

/** How a list is read. */
export interface ListOptions {
  /** Rows that the node is asked for at a time; default 100. Fewer calls against larger answers. */
  readonly pageSize?: number
  /** The height that the list is read at; default the newest when it begins. */
  readonly height?: number | bigint
  /** Ends the list with the signal's reason. */
  readonly signal?: AbortSignal
}

/** One function a paginated query: every row of it, page by page. */
export type ListApi<S extends ServiceDefinition> = {
  readonly [M in keyof S['methods'] as MessageOf<S['methods'][M]['requestType']> extends {
    readonly pagination: unknown
  }
    ? M
    : never]: (
    request?: PartialOf<S['methods'][M]['requestType']>,
    options?: ListOptions,
  ) => AsyncIterableIterator<ItemsOf<MessageOf<S['methods'][M]['responseType']>>>
}

/** One function a message: it makes the message, ready for any CosmJS client. */
export type MessageApi<S extends ServiceDefinition> = {
  readonly [M in keyof S['methods']]: (
    value: PartialOf<S['methods'][M]['requestType']>,
  ) => TypedEncodeObject<MessageOf<S['methods'][M]['requestType']>>
}

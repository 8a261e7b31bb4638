/** Two clients of gRPC: one whose every byte is chosen, and a public library that learns all by reflection. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import {
  Client,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js'
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader'
import { ServerReflectionRequest, ServerReflectionResponse } from '#gen/grpc/reflection/v1/reflection.ts'

/** A message as gRPC frames it: not compressed, its length, itself. */
export function framed(message: Uint8Array, length: number = message.length): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, message])
}

/** How a call ended, and what came before that. */
export interface RawReply {
  /** Of HTTP; undefined if nothing came. */
  readonly http: number | undefined
  /** Of gRPC; undefined if the call ended without one. */
  readonly status: number | undefined
  readonly message: string
  readonly height: string | undefined
  readonly body: Buffer
}

/** A connection on which every byte of a call can be chosen. */
export class RawConnection {
  readonly session: ClientHttp2Session

  constructor(address: string) {
    this.session = connect(`http://${address}`)
    this.session.on('error', () => {})
  }

  /** A call whose requests are yet to be written. */
  open(path: string, headers: Readonly<Record<string, string>> = {}): ClientHttp2Stream {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
    stream.on('error', () => {})
    return stream
  }

  /** A whole unary call: the bytes of its body as they are. */
  call(path: string, body: Uint8Array, headers?: Readonly<Record<string, string>>): Promise<RawReply> {
    const stream = this.open(path, headers)
    stream.end(body)
    return reply(stream)
  }

  close(): void {
    this.session.destroy()
  }
}

/** Waits for the end of a call. */
export function reply(stream: ClientHttp2Stream): Promise<RawReply> {
  const parts: Buffer[] = []
  let first: Record<string, unknown> = {}
  let last: Record<string, unknown> = {}
  stream.on('response', (headers) => {
    first = headers
  })
  stream.on('trailers', (headers) => {
    last = headers
  })
  stream.on('data', (chunk: Buffer) => parts.push(chunk))
  return new Promise((resolve) => {
    stream.once('close', () => {
      const ending = { ...first, ...last }
      const status = ending['grpc-status']
      resolve({
        http: first[':status'] as number | undefined,
        status: status === undefined ? undefined : Number(status),
        message: decodeURIComponent(String(ending['grpc-message'] ?? '')),
        height: first['x-cosmos-block-height'] as string | undefined,
        body: Buffer.concat(parts),
      })
    })
  })
}

export type ReflectionVersion = 'v1' | 'v1alpha'

/** Asks the reflection service several questions on one call; answers in order. */
export function reflect(
  address: string,
  version: ReflectionVersion,
  questions: readonly Partial<ServerReflectionRequest>[],
): Promise<ServerReflectionResponse[]> {
  const client = new Client(address, credentials.createInsecure())
  const call = client.makeBidiStreamRequest<ServerReflectionRequest, ServerReflectionResponse>(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    (request) => Buffer.from(ServerReflectionRequest.encode(request).finish()),
    (bytes) => ServerReflectionResponse.decode(bytes),
  )
  const answers: ServerReflectionResponse[] = []
  for (const question of questions) call.write(ServerReflectionRequest.fromPartial(question))
  call.end()
  return new Promise((resolve, reject) => {
    call.on('data', (answer: ServerReflectionResponse) => answers.push(answer))
    call.on('error', reject)
    call.on('end', () => resolve(answers))
  })
    .then(() => answers)
    .finally(() => client.close())
}

/** How the library's call of a method ends that no service has. */
export function unknownMethod(address: string, request: Buffer): Promise<ServiceError | null> {
  const client = new Client(address, credentials.createInsecure())
  const same = (bytes: Buffer) => bytes
  return new Promise((resolve) => {
    client.makeUnaryRequest('/nope.Nope/Nope', same, same, request, (error) => {
      client.close()
      resolve(error)
    })
  })
}

/** What one call gave. */
export interface LibraryReply {
  /** 0 is OK. */
  readonly code: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: the library reads the answers by descriptors that it fetched.
  readonly response: any
  readonly height: string | undefined
}

/** All services of a node, as a client knows them that had nothing but the node's address. */
export interface ReflectedNode {
  /** Full names, sorted. */
  readonly services: readonly string[]
  /** Full names of the methods, as `cosmos.bank.v1beta1.Query/Balance`, sorted; those with streams left out. */
  readonly methods: readonly string[]
  readonly files: readonly FileDescriptorProto[]
  call(method: string, request: object, metadata?: Readonly<Record<string, string>>): Promise<LibraryReply>
  close(): void
}

/** Fetches the descriptors of all services and makes clients of them. */
export async function reflectedNode(address: string, version: ReflectionVersion): Promise<ReflectedNode> {
  const [list] = await reflect(address, version, [{ listServices: '' }])
  const services = (list?.listServicesResponse?.service ?? []).map(({ name }) => name)
  const answers = await reflect(
    address,
    version,
    services.map((fileContainingSymbol) => ({ fileContainingSymbol })),
  )
  const files = new Map<string, FileDescriptorProto>()
  for (const { fileDescriptorResponse } of answers) {
    for (const bytes of fileDescriptorResponse?.fileDescriptorProto ?? []) {
      const file = fromBinary(FileDescriptorProtoSchema, bytes)
      files.set(file.name, file)
    }
  }
  const set = create(FileDescriptorSetSchema, { file: [...files.values()] })
  const definition = loadFileDescriptorSetFromBuffer(Buffer.from(toBinary(FileDescriptorSetSchema, set)), {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    bytes: String,
  })
  const loaded = loadPackageDefinition(definition)
  const clients = new Map(
    services.map((name) => [name, new (serviceAt(loaded, name))(address, credentials.createInsecure())]),
  )
  return {
    services,
    files: [...files.values()],
    methods: services
      .flatMap((name) =>
        Object.values(serviceAt(loaded, name).service)
          .filter(({ requestStream, responseStream }) => !requestStream && !responseStream)
          .map(({ path }) => path.slice(1)),
      )
      .toSorted(),
    call(method, request, metadata = {}) {
      const [service = '', name = ''] = method.split('/')
      const headers = new Metadata()
      for (const [key, value] of Object.entries(metadata)) headers.set(key, value)
      const client = clients.get(service)
      if (client === undefined) throw new Error(`there is no service ${service}`)
      return new Promise((resolve) => {
        let height: string | undefined
        const done = (error: ServiceError | null, response: unknown) =>
          resolve({ code: error?.code ?? 0, text: error?.details ?? '', response, height })
        const call = client[name]?.call(client, request, headers, { deadline: Date.now() + 20_000 }, done)
        call?.on('metadata', (got: Metadata) => {
          height = got.get('x-cosmos-block-height')[0]?.toString()
        })
      })
    },
    close() {
      for (const client of clients.values()) client.close()
    },
  }
}

function serviceAt(loaded: GrpcObject, name: string): ServiceClientConstructor {
  let at: unknown = loaded
  for (const part of name.split('.')) at = (at as Record<string, unknown>)[part]
  return at as ServiceClientConstructor
}

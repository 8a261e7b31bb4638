import {
  ServerReflectionDefinition,
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '#gen/grpc/reflection/v1/reflection.ts'
import { ServerReflectionDefinition as AlphaDefinition } from '#gen/grpc/reflection/v1alpha/reflection.ts'
import { clip } from '#lib/bytes.ts'
import { sdk } from '../../kernel/sdk-errors.ts'
import { GRPC } from '../errors.ts'
import { decodeRequest } from '../queries.ts'
import { Descriptors } from './descriptors.ts'
import { encode, type GrpcMethods, type StreamMethod, type StreamOut } from './methods.ts'

/** Both names of the service: their messages are alike to the byte. */
export const REFLECTION: readonly string[] = [ServerReflectionDefinition.fullName, AlphaDefinition.fullName]

type Reply = Omit<Partial<ServerReflectionResponse>, 'validHost' | 'originalRequest'>

/** `grpc.reflection.v1` and `v1alpha`: what tools that know nothing of this chain need to know to call it. */
export class Reflection {
  readonly #services: readonly string[]
  #descriptors: Descriptors | undefined

  /** `services` are the full names that are listed. */
  constructor(services: Iterable<string>) {
    this.#services = [...services].toSorted()
  }

  get methods(): GrpcMethods {
    const method: StreamMethod = { kind: 'stream', silent: false, open: (out) => this.#open(out) }
    return new Map(REFLECTION.map((service) => [`/${service}/ServerReflectionInfo`, method]))
  }

  #open(out: StreamOut) {
    const sent = new Set<string>()
    return {
      request: (data: Uint8Array) => {
        const request = decodeRequest({ request: ServerReflectionRequest }, data)
        const reply = { validHost: request.host, originalRequest: request, ...this.#reply(request, sent) }
        out.send(encode(ServerReflectionResponse, ServerReflectionResponse.fromPartial(reply)))
      },
      done: () => out.end(),
      closed: () => {},
    }
  }

  #reply(request: ServerReflectionRequest, sent: Set<string>): Reply {
    // Read on first use: most nodes are never asked.
    this.#descriptors ??= Descriptors.load()
    const descriptors = this.#descriptors
    const { fileByFilename, fileContainingSymbol, fileContainingExtension, allExtensionNumbersOfType } =
      request
    const file = (name: string | undefined, asked: string): Reply => {
      const files = name === undefined ? undefined : descriptors.withImports(name, sent)
      return files === undefined
        ? missing(asked)
        : { fileDescriptorResponse: { fileDescriptorProto: [...files] } }
    }
    if (request.listServices !== undefined) {
      return { listServicesResponse: { service: this.#services.map((name) => ({ name })) } }
    }
    if (fileByFilename !== undefined) return file(fileByFilename, `file ${clip(fileByFilename)}`)
    if (fileContainingSymbol !== undefined) {
      return file(descriptors.fileOf(fileContainingSymbol), `symbol ${clip(fileContainingSymbol)}`)
    }
    if (fileContainingExtension !== undefined) {
      const { containingType, extensionNumber } = fileContainingExtension
      const name = descriptors.fileOfExtension(containingType, extensionNumber)
      return file(name, `extension ${extensionNumber} of ${clip(containingType)}`)
    }
    if (allExtensionNumbersOfType !== undefined) {
      const numbers = descriptors.extensionsOf(allExtensionNumbersOfType)
      if (numbers === undefined) return missing(`type ${clip(allExtensionNumbersOfType)}`)
      const found = { baseTypeName: allExtensionNumbersOfType, extensionNumber: [...numbers] }
      return { allExtensionNumbersResponse: found }
    }
    throw sdk.invalidRequest('the request asks nothing')
  }
}

function missing(asked: string): Reply {
  return { errorResponse: { errorCode: GRPC.notFound, errorMessage: `${asked} not found` } }
}

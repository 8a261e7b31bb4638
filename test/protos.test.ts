import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createFileRegistry,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  getOption,
  type Message,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from 'vitest'
import { descriptors } from '#gen/descriptors.ts'

const image = readFileSync(join(import.meta.dirname, '../src/gen/image.binpb'))
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image))
const files = [...registry.files].filter((file) => !file.proto.name.startsWith('google/'))
const services = files.flatMap((file) => file.services)
const messages = files.flatMap((file) => file.messages.flatMap(withNested))

/** CometBFT calls ABCI over its own socket, and some services are of gRPC alone: REST has no route to them. */
const notRouted = [
  'tendermint.abci.ABCI',
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
]

describe('proto/', () => {
  test('has the packages that the chain serves', () => {
    expect([...new Set(files.map((file) => file.proto.package))].sort(byBytes)).toEqual(
      expect.arrayContaining([
        'cosmos.auth.v1beta1',
        'cosmos.bank.v1beta1',
        'cosmos.base.abci.v1beta1',
        'cosmos.base.node.v1beta1',
        'cosmos.base.tendermint.v1beta1',
        'cosmos.consensus.v1',
        'cosmos.tx.v1beta1',
        'tendermint.abci',
        'wadi.asset.v1',
      ]),
    )
    expect(messages.length).toBeGreaterThan(250)
  })

  test('has a comment on every service, rpc, message, field, oneof, enum and enum value', () => {
    expect(files.flatMap(uncommented)).toEqual([])
  })

  test('has a route for every rpc but those of messages', () => {
    const methods = services.filter((service) => !isMsg(service)).flatMap((service) => service.methods)
    const served = methods.filter((method) => !notRouted.includes(method.parent.typeName))
    expect(served.length).toBeGreaterThan(40)
    expect(served.filter((method) => route(method) === undefined).map(String)).toEqual([])
  })

  test('names request fields in the variables of every route', () => {
    for (const method of services.flatMap((service) => service.methods)) {
      for (const [, name] of route(method)?.matchAll(/\{(\w+)/g) ?? []) {
        expect(
          method.input.fields.map((field) => field.name),
          `${method}`,
        ).toContain(name)
      }
    }
  })

  test('keeps every route below the path of its package', () => {
    const methods = services
      .flatMap((service) => service.methods)
      .filter((method) => route(method) !== undefined)
    const prefix = (method: DescMethod) => `/${method.parent.file.proto.package.replaceAll('.', '/')}/`
    const path = (method: DescMethod) => route(method)?.split(' ')[1] ?? ''
    expect(methods.filter((method) => !path(method).startsWith(prefix(method))).map(String)).toEqual([])
  })

  test('gives no route to two rpcs, but for the bech32 pair that clients know', () => {
    const routes = services.flatMap((service) => service.methods).flatMap((method) => route(method) ?? [])
    const shapes = routes.map((path) => path.replace(/\{[^}]*\}/g, '{}'))
    const twice = shapes.filter((shape, at) => shapes.indexOf(shape) !== at)
    expect(twice).toEqual(['get /cosmos/auth/v1beta1/bech32/{}'])
  })

  // The probes of Keplr and Ping.pub, by which they judge what a chain offers.
  test.each([
    ['cosmos.auth.v1beta1.Query.Account', 'get /cosmos/auth/v1beta1/accounts/{address}'],
    ['cosmos.bank.v1beta1.Query.AllBalances', 'get /cosmos/bank/v1beta1/balances/{address}'],
    ['cosmos.bank.v1beta1.Query.SpendableBalances', 'get /cosmos/bank/v1beta1/spendable_balances/{address}'],
    ['cosmos.bank.v1beta1.Query.SupplyOf', 'get /cosmos/bank/v1beta1/supply/by_denom'],
    ['cosmos.bank.v1beta1.Query.DenomMetadata', 'get /cosmos/bank/v1beta1/denoms_metadata/{denom=**}'],
    ['cosmos.base.node.v1beta1.Service.Config', 'get /cosmos/base/node/v1beta1/config'],
    ['cosmos.base.tendermint.v1beta1.Service.GetNodeInfo', 'get /cosmos/base/tendermint/v1beta1/node_info'],
    [
      'cosmos.base.tendermint.v1beta1.Service.GetBlockByHeight',
      'get /cosmos/base/tendermint/v1beta1/blocks/{height}',
    ],
    ['cosmos.tx.v1beta1.Service.Simulate', 'post /cosmos/tx/v1beta1/simulate'],
    ['cosmos.tx.v1beta1.Service.BroadcastTx', 'post /cosmos/tx/v1beta1/txs'],
    ['cosmos.tx.v1beta1.Service.GetTxsEvent', 'get /cosmos/tx/v1beta1/txs'],
    ['cosmos.tx.v1beta1.Service.GetBlockWithTxs', 'get /cosmos/tx/v1beta1/txs/block/{height}'],
  ])('routes %s where clients look for it', (name, path) => {
    const at = name.lastIndexOf('.')
    const methods = registry.getService(name.slice(0, at))?.methods ?? []
    expect(methods.filter((method) => method.name === name.slice(at + 1)).map(route)).toEqual([path])
  })
})

describe('transaction messages', () => {
  const requests = services.filter(isMsg).flatMap((service) => service.methods.map((method) => method.input))
  const aminoNames = messages
    .map((message) => option(message, 'amino.name'))
    .filter((name) => name !== undefined)

  test('are the requests of services called Msg that say so', () => {
    expect(services.filter((service) => service.name === 'Msg').filter((service) => !isMsg(service))).toEqual(
      [],
    )
    expect(requests.length).toBeGreaterThanOrEqual(7)
  })

  test('name their signers by fields that hold an address', () => {
    expect(requests.filter((message) => signers(message).length === 0).map(String)).toEqual([])
    const wrong = messages.flatMap((message) =>
      signers(message).flatMap((name) => (isSigner(message, name) ? [] : [`${message}: ${name}`])),
    )
    expect(wrong).toEqual([])
  })

  test('have an amino name of their own, short enough for a hardware wallet', () => {
    expect(requests.filter((message) => option(message, 'amino.name') === undefined).map(String)).toEqual([])
    expect(new Set(aminoNames).size).toBe(aminoNames.length)
    // The SDK refuses names above 39 characters, for Ledger's sake.
    expect(aminoNames.filter((name) => String(name).length > 39)).toEqual([])
  })

  // The names of the SDK's own registrations; CosmJS and Ledger sign these very strings.
  test.each([
    ['cosmos.auth.v1beta1.MsgUpdateParams', 'cosmos-sdk/x/auth/MsgUpdateParams', 'authority'],
    ['cosmos.bank.v1beta1.MsgSend', 'cosmos-sdk/MsgSend', 'from_address'],
    ['cosmos.bank.v1beta1.MsgMultiSend', 'cosmos-sdk/MsgMultiSend', 'inputs'],
    ['cosmos.bank.v1beta1.MsgUpdateParams', 'cosmos-sdk/x/bank/MsgUpdateParams', 'authority'],
    ['cosmos.bank.v1beta1.MsgSetSendEnabled', 'cosmos-sdk/MsgSetSendEnabled', 'authority'],
    ['cosmos.consensus.v1.MsgUpdateParams', 'cosmos-sdk/x/consensus/MsgUpdateParams', 'authority'],
  ])('include %s under its amino name', (name, amino, signer) => {
    const message = registry.getMessage(name) as DescMessage
    expect([option(message, 'amino.name'), ...signers(message)]).toEqual([amino, signer])
  })

  function signers(message: DescMessage): string[] {
    return [...((option(message, 'cosmos.msg.v1.signer') as Iterable<string> | undefined) ?? [])]
  }

  function isSigner(message: DescMessage, name: string): boolean {
    const field = message.fields.find((candidate) => candidate.name === name)
    if (field?.message !== undefined) return signers(field.message).length > 0
    return field !== undefined && option(field, 'cosmos_proto.scalar') === 'cosmos.AddressString'
  }
})

describe('determinism', () => {
  test('no message of the chain has or reaches a float, a double or a map', () => {
    // No exception is needed. If upstream ever forces one, name it here with its reason.
    const reached = new Set<DescMessage>()
    for (const message of messages) reach(message, reached)
    expect(reached.size).toBeGreaterThan(messages.length)
    expect([...reached].flatMap((message) => message.fields.filter(isUnstable).map(String))).toEqual([])
  })

  test('the check sees the doubles of descriptor.proto', () => {
    const message = registry.getMessage('google.protobuf.UninterpretedOption') as DescMessage
    expect(message.fields.filter(isUnstable).map((field) => field.name)).toEqual(['double_value'])
  })

  function reach(message: DescMessage, reached: Set<DescMessage>): void {
    if (reached.has(message)) return
    reached.add(message)
    for (const field of message.fields) if (field.message !== undefined) reach(field.message, reached)
  }

  function isUnstable(field: DescField): boolean {
    return (
      field.fieldKind === 'map' || field.scalar === ScalarType.DOUBLE || field.scalar === ScalarType.FLOAT
    )
  }
})

describe('descriptors.ts', () => {
  test('holds the image without its comments', () => {
    const bare = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptors, 'base64'))
    const full = fromBinary(FileDescriptorSetSchema, image)
    expect(bare.file.filter((file) => file.sourceCodeInfo !== undefined)).toEqual([])
    for (const file of full.file) delete file.sourceCodeInfo
    expect(Buffer.from(toBinary(FileDescriptorSetSchema, full)).toString('base64')).toBe(descriptors)
  })
})

function isMsg(service: DescService): boolean {
  return option(service, 'cosmos.msg.v1.service') === true
}

function option(of: DescMessage | DescField | DescMethod | DescService, name: string): unknown {
  const extension = registry.getExtension(name)
  if (extension === undefined) throw new Error(`proto/ has no option ${name}`)
  const value = getOption(of, extension)
  return value === '' ? undefined : value
}

/** "verb path" of a method's google.api.http option. */
function route(method: DescMethod): string | undefined {
  const extension = registry.getExtension('google.api.http')
  if (extension?.message === undefined) throw new Error('proto/ has no option google.api.http')
  const rule = reflect(extension.message, getOption(method, extension) as Message)
  const pattern = rule.oneofs.map((oneof) => rule.oneofCase(oneof)).find((field) => field !== undefined)
  return pattern && `${pattern.name} ${rule.get(pattern)}`
}

function withNested(message: DescMessage): DescMessage[] {
  return [message, ...message.nestedMessages.flatMap(withNested)]
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Everything in a file that has no comment in front of it, by the paths of descriptor.proto. */
function uncommented(file: DescFile): string[] {
  const info = file.proto.sourceCodeInfo?.location ?? []
  const commented = new Set(info.filter((at) => /\w/.test(at.leadingComments)).map((at) => at.path.join('.')))
  return paths(file).flatMap(([path, name]) => (commented.has(path) ? [] : [`${file.proto.name}: ${name}`]))
}

type Path = [path: string, name: string]

function paths(file: DescFile): Path[] {
  return [
    ...file.proto.messageType.flatMap((message, at) => messagePaths(message, `4.${at}`)),
    ...file.proto.enumType.flatMap((type, at) => enumPaths(type, `5.${at}`)),
    ...file.proto.service.flatMap((service, at): Path[] => [
      [`6.${at}`, service.name],
      ...service.method.map((method, n): Path => [`6.${at}.2.${n}`, `${service.name}.${method.name}`]),
    ]),
    ...file.proto.extension.map((extension, at): Path => [`7.${at}`, extension.name]),
  ]
}

type MessageProto = DescFile['proto']['messageType'][number]
type EnumProto = DescFile['proto']['enumType'][number]

function messagePaths(message: MessageProto, path: string): Path[] {
  return [
    [path, message.name],
    ...message.field.map((field, at): Path => [`${path}.2.${at}`, `${message.name}.${field.name}`]),
    ...message.oneofDecl
      .map((oneof, at): Path => [`${path}.8.${at}`, `${message.name}.${oneof.name}`])
      .filter((_, at) => !message.field.some((field) => field.proto3Optional && field.oneofIndex === at)),
    ...message.nestedType.flatMap((nested, at) => messagePaths(nested, `${path}.3.${at}`)),
    ...message.enumType.flatMap((type, at) => enumPaths(type, `${path}.4.${at}`)),
  ]
}

function enumPaths(type: EnumProto, path: string): Path[] {
  return [
    [path, type.name],
    ...type.value.map((value, at): Path => [`${path}.2.${at}`, `${type.name}.${value.name}`]),
  ]
}

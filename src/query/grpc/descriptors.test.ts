import { readFileSync } from 'node:fs'
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from 'vitest'
import { Descriptors } from './descriptors.ts'

const image = fromBinary(
  FileDescriptorSetSchema,
  readFileSync(new URL('../../gen/image.binpb', import.meta.url)),
)
const descriptors = Descriptors.load()
const decode = (files: readonly Uint8Array[] | undefined) =>
  (files ?? []).map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))

test('every file is given as the compiler wrote it, comments and options included', () => {
  for (const file of image.file) {
    const [found] = decode(descriptors.withImports(file.name, new Set()))
    expect(found, file.name).toEqual(file)
  }
  const [bank] = decode(descriptors.withImports('cosmos/bank/v1beta1/query.proto', new Set()))
  const comments = bank?.sourceCodeInfo?.location.map(({ leadingComments }) => leadingComments.trim()) ?? []
  const written = readFileSync(
    new URL('../../../proto/cosmos/bank/v1beta1/query.proto', import.meta.url),
    'utf8',
  )
  const [, comment = '?'] = /\/\/ (.*)\n {2}rpc Balance\(/.exec(written) ?? []
  expect(comments).toContain(comment)
})

test('a file comes with all it imports, so that it can be understood alone', () => {
  for (const { name } of image.file) {
    const files = decode(descriptors.withImports(name, new Set()))
    expect(new Set(files.map((file) => file.name)).size).toBe(files.length)
    // The compiler writes a file behind those that it imports, and the registry wants them so.
    const place = new Map(image.file.map((file, i) => [file.name, i]))
    const sorted = files.toSorted((a, b) => (place.get(a.name) ?? 0) - (place.get(b.name) ?? 0))
    const alone = createFileRegistry(create(FileDescriptorSetSchema, { file: sorted }))
    expect(alone.getFile(name)?.proto.name, name).toBe(name)
  }
})

test('what was sent before is not sent again, but for the file that is asked for', () => {
  const sent = new Set<string>()
  const names = (name: string) => decode(descriptors.withImports(name, sent)).map((file) => file.name)
  expect(names('cosmos/bank/v1beta1/query.proto').length).toBeGreaterThan(3)
  expect(names('cosmos/bank/v1beta1/query.proto')).toEqual(['cosmos/bank/v1beta1/query.proto'])
  expect(names('cosmos/bank/v1beta1/bank.proto')).toEqual(['cosmos/bank/v1beta1/bank.proto'])
})

describe('symbols', () => {
  test.each([
    ['a service', 'cosmos.bank.v1beta1.Query', 'cosmos/bank/v1beta1/query.proto'],
    ['a method', 'cosmos.bank.v1beta1.Query.Balance', 'cosmos/bank/v1beta1/query.proto'],
    ['a message', 'cosmos.base.v1beta1.Coin', 'cosmos/base/v1beta1/coin.proto'],
    ['a field', 'cosmos.base.v1beta1.Coin.denom', 'cosmos/base/v1beta1/coin.proto'],
    ['a nested message', 'cosmos.tx.v1beta1.ModeInfo.Single', 'cosmos/tx/v1beta1/tx.proto'],
    ['a oneof', 'cosmos.tx.v1beta1.ModeInfo.sum', 'cosmos/tx/v1beta1/tx.proto'],
    ['an enum', 'cosmos.tx.v1beta1.OrderBy', 'cosmos/tx/v1beta1/service.proto'],
    ['an enum value', 'cosmos.tx.v1beta1.ORDER_BY_ASC', 'cosmos/tx/v1beta1/service.proto'],
    ['a nested enum', 'grpc.health.v1.HealthCheckResponse.ServingStatus', 'grpc/health/v1/health.proto'],
    ['its value', 'grpc.health.v1.HealthCheckResponse.SERVING', 'grpc/health/v1/health.proto'],
    ['an extension', 'cosmos.msg.v1.signer', 'cosmos/msg/v1/msg.proto'],
    ['a well-known type', 'google.protobuf.Any', 'google/protobuf/any.proto'],
  ])('%s is found', (_, symbol, file) => expect(descriptors.fileOf(symbol)).toBe(file))

  test('of every file all messages, services and methods are found', () => {
    const missing = image.file.flatMap(({ name, package: scope, service, messageType }) => {
      const services = service.flatMap((each) => [
        each.name,
        ...each.method.map((rpc) => `${each.name}.${rpc.name}`),
      ])
      const symbols = [...services, ...messageType.map((each) => each.name)].map(
        (symbol) => `${scope}.${symbol}`,
      )
      return symbols.filter((symbol) => descriptors.fileOf(symbol) !== name)
    })
    expect(missing).toEqual([])
  })

  test.each(['', '.', 'cosmos', 'cosmos.bank.v1beta1', 'Coin', 'cosmos.base.v1beta1.Coin.nope', '__proto__'])(
    '%j is none',
    (symbol) => expect(descriptors.fileOf(symbol)).toBeUndefined(),
  )
})

test('extensions are found by the message that they extend', () => {
  // google.api.http is extension 72295728 of MethodOptions by Google's registry; cosmos.msg.v1.signer 11110000.
  expect(descriptors.fileOfExtension('google.protobuf.MethodOptions', 72295728)).toBe(
    'google/api/annotations.proto',
  )
  expect(descriptors.fileOfExtension('google.protobuf.MessageOptions', 11110000)).toBe(
    'cosmos/msg/v1/msg.proto',
  )
  expect(descriptors.fileOfExtension('google.protobuf.MethodOptions', 1)).toBeUndefined()
  expect(descriptors.extensionsOf('google.protobuf.MethodOptions')).toContain(72295728)
  expect(descriptors.extensionsOf('cosmos.base.v1beta1.Coin')).toEqual([])
  expect(descriptors.extensionsOf('cosmos.base.v1beta1.Nope')).toBeUndefined()
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { commentsOf, ImageError } from '#lib/comments.ts'
import {
  aminoField,
  aminoName,
  httpRules,
  messageOf,
  messages,
  nameOfTypeUrl,
  propertyOf,
  ReflectError,
  scalarOf,
  serviceOf,
  services,
  signerFields,
} from '#lib/reflect.ts'
import { codecOf } from '#lib/reflect-codecs.ts'
import { signersOf } from '#lib/reflect-signers.ts'
import { dataMessages, type GeneratedCodec, generatedCodecs } from './reflect-testkit.ts'

let codecs: Map<string, GeneratedCodec>
beforeAll(async () => {
  codecs = await generatedCodecs()
})

const fieldOf = (type: string, name: string) => {
  const field = messageOf(type).fields.find((candidate) => candidate.name === name)
  if (field === undefined) throw new Error(`${type} has no ${name}`)
  return field
}

describe('definitions', () => {
  test('name the property of every field as the generated code does', () => {
    const found = dataMessages(codecs)
    expect(found.length).toBeGreaterThan(250)
    for (const message of found) {
      const codec = codecs.get(message.typeName) as GeneratedCodec
      expect(message.fields.map(propertyOf), message.typeName).toEqual(
        Object.keys(codec.decode(new Uint8Array(0))),
      )
    }
  })

  test('refuse a name that nothing has, and say it', () => {
    expect(() => messageOf('cosmos.bank.v1beta1.MsgSendd')).toThrow(ReflectError)
    expect(() => messageOf('cosmos.bank.v1beta1.MsgSendd')).toThrow('"cosmos.bank.v1beta1.MsgSendd"')
    expect(() => serviceOf('cosmos.bank.v1beta1.MsgSend')).toThrow(ReflectError)
    expect(() => codecOf('cosmos.bank.v1beta1.MsgSendd')).toThrow(ReflectError)
  })

  test('read a type URL only with one leading slash', () => {
    expect(nameOfTypeUrl('/a.B')).toBe('a.B')
    expect(['a.B', '', '/', 'type.googleapis.com/a.B', '//a.B', '/x/a.B'].map(nameOfTypeUrl)).toEqual(
      Array(6).fill(undefined),
    )
  })

  test('carry the options that everything is derived from', () => {
    expect(signerFields(messageOf('cosmos.bank.v1beta1.MsgMultiSend'))).toEqual(['inputs'])
    expect(aminoName(messageOf('cosmos.bank.v1beta1.MsgSend'))).toBe('cosmos-sdk/MsgSend')
    expect(aminoName(messageOf('cosmos.base.v1beta1.Coin'))).toBeUndefined()
    expect(aminoField(fieldOf('cosmos.bank.v1beta1.MsgSend', 'amount'))).toEqual({
      name: 'amount',
      encoding: 'legacy_coins',
      keepEmpty: true,
      oneofName: undefined,
    })
    expect(aminoField(fieldOf('cosmos.auth.v1beta1.BaseAccount', 'pub_key')).name).toBe('public_key')
    expect(scalarOf(fieldOf('cosmos.bank.v1beta1.MsgSend', 'to_address'))).toBe('cosmos.AddressString')
    expect(scalarOf(fieldOf('cosmos.base.v1beta1.Coin', 'denom'))).toBeUndefined()
  })

  test('give each method its REST routes', () => {
    const rules = (service: string, method: string) => {
      const found = serviceOf(service).methods.find((candidate) => candidate.name === method)
      return found === undefined ? undefined : httpRules(found)
    }
    expect(rules('cosmos.bank.v1beta1.Query', 'AllBalances')).toEqual([
      { verb: 'get', path: '/cosmos/bank/v1beta1/balances/{address}' },
    ])
    expect(rules('cosmos.tx.v1beta1.Service', 'BroadcastTx')).toEqual([
      { verb: 'post', path: '/cosmos/tx/v1beta1/txs', body: '*' },
    ])
    expect(rules('cosmos.bank.v1beta1.Msg', 'Send')).toEqual([])
  })

  test('every Msg names its signers and has an amino name', () => {
    const found = [...services()].filter((service) => service.name === 'Msg')
    const requests = found.flatMap((service) => service.methods.map((method) => method.input))
    expect(requests.length).toBeGreaterThan(15)
    for (const request of requests) {
      expect(signerFields(request), request.typeName).not.toEqual([])
      expect(aminoName(request), request.typeName).toBeDefined()
    }
    expect([...messages()].length).toBeGreaterThan(requests.length)
  })
})

describe('signers', () => {
  const input = (address: string) => ({ address, coins: [] })

  test('are read from a field', () => {
    const send = { fromAddress: 'wadi1a', toAddress: 'wadi1b', amount: [] }
    expect(signersOf('cosmos.bank.v1beta1.MsgSend', send)).toEqual(['wadi1a'])
  })

  test('are read through nested messages, in order, each once', () => {
    const inputs = ['wadi1c', 'wadi1a', 'wadi1c', 'wadi1b'].map(input)
    expect(signersOf('cosmos.bank.v1beta1.MsgMultiSend', { inputs, outputs: [input('wadi1z')] })).toEqual([
      'wadi1c',
      'wadi1a',
      'wadi1b',
    ])
  })

  test('come in the order of the option where several fields sign', () => {
    const lineage = { controller: 'wadi1c', parentController: 'wadi1p' }
    expect(signersOf('wadi.asset.v1.MsgAddLineage', lineage)).toEqual(['wadi1c', 'wadi1p'])
    expect(signersOf('wadi.asset.v1.MsgAddLineage', { ...lineage, parentController: 'wadi1c' })).toEqual([
      'wadi1c',
    ])
  })

  test('of a message that names none are an error', () => {
    expect(() => signersOf('cosmos.base.v1beta1.Coin', {})).toThrow(
      'cosmos.base.v1beta1.Coin has no cosmos.msg.v1.signer',
    )
  })
})

describe('comments', () => {
  const image = readFileSync(join(import.meta.dirname, '../gen/image.binpb'))

  test('stand under the full names of messages, fields, methods and enum values', () => {
    const comments = commentsOf(image)
    const ours = (name: string) => name.startsWith('wadi.') || name.startsWith('cosmos.bank.')
    let seen = 0
    const expectComment = (name: string) => {
      expect(comments.get(name) ?? '', name).not.toBe('')
      seen++
    }
    for (const service of [...services()].filter((desc) => ours(desc.typeName))) {
      for (const method of service.methods) expectComment(`${service.typeName}.${method.name}`)
    }
    for (const message of [...messages()].filter((desc) => ours(desc.typeName))) {
      expectComment(message.typeName)
      for (const field of message.fields) expectComment(`${message.typeName}.${field.name}`)
    }
    expect(seen).toBeGreaterThan(300)
    expect(comments.get('cosmos.tx.signing.v1beta1.SignMode.SIGN_MODE_DIRECT')).toBe('The encoded SignDoc.')
    expect(comments.get('cosmos.auth.v1beta1.BaseAccount.address')).toBe('Address of the account.')
  })

  test('of bytes that are no image, or one without source info, are an error', () => {
    expect(() => commentsOf(Uint8Array.of(0xff))).toThrow(ImageError)
    expect(() => commentsOf(new Uint8Array(0))).toThrow('no source info')
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AminoTypes, createBankAminoConverters } from '@cosmjs/stargate'
import { MsgMultiSend, MsgSend } from 'cosmjs-types/cosmos/bank/v1beta1/tx'
import { describe, expect, test } from 'vitest'
import { services as definedServices } from '#lib/reflect.ts'
import { wadiAminoConverters } from './amino.ts'
import { TxError } from './errors.ts'
import { adjustGas, feeFor, parseGasPrice } from './fees.ts'
import { messages } from './messages.ts'
import { NonceManager, WrongSequenceError } from './nonces.ts'
import { type AbciQuerier, queryApi } from './queries.ts'
import { wadiRegistry } from './registry.ts'
import { messageServices, queryServices } from './services.ts'

const from = 'wadi15yk64u7zc9g9k2yr2wmzeva5qgwxps6yuu6ssh'
const to = 'wadi1erxf3sa9q2j4vgseu7jq4a258ckmk7cy4s05wt'
const send = { fromAddress: from, toAddress: to, amount: [{ denom: 'awadi', amount: '5' }] }
const multiSend = {
  inputs: [{ address: from, coins: [{ denom: 'awadi', amount: '7' }] }],
  outputs: [
    { address: to, coins: [{ denom: 'awadi', amount: '3' }] },
    { address: from, coins: [{ denom: 'awadi', amount: '4' }] },
  ],
}

describe('the tables of services', () => {
  test('name every service of the definitions but the ABCI itself and those of gRPC', () => {
    const listed = [...Object.values(messageServices), ...Object.values(queryServices)].map((s) => s.fullName)
    const defined = [...definedServices()].map(({ typeName }) => typeName)
    const others = (name: string) => name === 'tendermint.abci.ABCI' || name.startsWith('grpc.')
    expect(listed.toSorted()).toEqual(defined.filter((name) => !others(name)).toSorted())
  })

  test('call each module by the last word of its package before the version', () => {
    for (const [name, { fullName }] of [
      ...Object.entries(messageServices),
      ...Object.entries(queryServices),
    ]) {
      expect(fullName.split('.').at(-3), fullName).toBe(name)
    }
  })
})

describe('the registry', () => {
  test('encodes bank messages to the bytes of cosmjs-types, from CosmJS objects with parts left out', () => {
    const registry = wadiRegistry()
    expect(registry.encode({ typeUrl: '/cosmos.bank.v1beta1.MsgSend', value: send })).toEqual(
      MsgSend.encode(MsgSend.fromPartial(send)).finish(),
    )
    expect(registry.encode({ typeUrl: '/cosmos.bank.v1beta1.MsgMultiSend', value: multiSend })).toEqual(
      MsgMultiSend.encode(MsgMultiSend.fromPartial(multiSend)).finish(),
    )
    expect(registry.encode({ typeUrl: '/cosmos.bank.v1beta1.MsgSend', value: { toAddress: to } })).toEqual(
      MsgSend.encode(MsgSend.fromPartial({ toAddress: to })).finish(),
    )
  })

  test('knows every message of every module', () => {
    const registry = wadiRegistry()
    for (const message of [messages.asset.registerAsset({}), messages.system.transferAuthority({})]) {
      expect(registry.lookupType(message.typeUrl), message.typeUrl).toBeDefined()
      expect(registry.decode({ typeUrl: message.typeUrl, value: registry.encode(message) })).toEqual(
        message.value,
      )
    }
  })
})

describe('the amino converters', () => {
  const ours = new AminoTypes(wadiAminoConverters())
  const theirs = new AminoTypes(createBankAminoConverters())

  test.each([
    { typeUrl: '/cosmos.bank.v1beta1.MsgSend', value: send },
    { typeUrl: '/cosmos.bank.v1beta1.MsgMultiSend', value: multiSend },
  ])('write and read $typeUrl as the hand-written ones of CosmJS', (message) => {
    const amino = theirs.toAmino(message)
    expect(ours.toAmino(message)).toEqual(amino)
    expect(ours.fromAmino(amino)).toEqual(theirs.fromAmino(amino))
  })

  test('have a form of every message, which reads back to the same bytes', () => {
    const registry = wadiRegistry()
    for (const service of Object.values(messageServices)) {
      for (const { requestType } of Object.values(service.methods)) {
        // A message is never left out in amino JSON, so parameters are given, empty.
        const value = 'params' in requestType.fromPartial({}) ? { params: {} } : {}
        const message = { typeUrl: `/${requestType.$type}`, value }
        const back = ours.fromAmino(ours.toAmino(message))
        expect(registry.encode(back), message.typeUrl).toEqual(registry.encode(message))
      }
    }
  })

  test('follow the options of the definitions for an asset', () => {
    const value = { controller: from, assetId: 7n, recipient: to }
    // amino.name of MsgTransferAsset; 64-bit integers are strings, keys are the field names.
    expect(ours.toAmino({ typeUrl: '/wadi.asset.v1.MsgTransferAsset', value })).toEqual({
      type: 'wadi/asset/MsgTransferAsset',
      value: { controller: from, asset_id: '7', recipient: to },
    })
  })
})

describe('queries', () => {
  const answer = (response: Partial<Awaited<ReturnType<AbciQuerier['abciQuery']>>>) => {
    const asked: unknown[] = []
    const comet: AbciQuerier = {
      async abciQuery(params) {
        asked.push(params)
        return { value: new Uint8Array(), codespace: '', ...response }
      },
    }
    return { asked, api: queryApi(comet, queryServices.asset) }
  }

  test('go to the path of the method with the bytes of a partial request, at a height if one is given', async () => {
    const { asked, api } = answer({})
    await api.asset({ assetId: 1n }, { height: 12n })
    await api.params()
    expect(asked).toEqual([
      // field 1, varint: 08 01
      { path: '/wadi.asset.v1.Query/Asset', data: new Uint8Array([8, 1]), height: 12 },
      { path: '/wadi.asset.v1.Query/Params', data: new Uint8Array() },
    ])
  })

  test('throw the codespace and code of a refusal', async () => {
    const { api } = answer({ code: 2, codespace: 'asset', log: 'asset not found' })
    await expect(api.asset({ assetId: 9n })).rejects.toMatchObject({
      name: 'QueryError',
      codespace: 'asset',
      code: 2,
      message: '/wadi.asset.v1.Query/Asset: asset not found (error 2 of asset)',
    })
  })
})

describe('fees', () => {
  test('are rounded up to whole units of the smallest denomination', () => {
    // 100,001 × 0.025 = 2,500.025
    expect(feeFor(100_001n, parseGasPrice('0.025awadi'))).toEqual([{ denom: 'awadi', amount: '2501' }])
    expect(feeFor(4n, parseGasPrice('0.25awadi,7other'))).toEqual([{ denom: 'awadi', amount: '1' }])
    expect(feeFor(100n, parseGasPrice(''))).toEqual([])
    expect(feeFor(100n, parseGasPrice('0awadi'))).toEqual([])
  })

  test('refuse a price without denomination, and an adjustment below 1', () => {
    expect(() => parseGasPrice('0.025')).toThrow('"0.025" is not a gas price')
    expect(() => adjustGas(10n, 0.5)).toThrow('take a factor from 1 to 1000')
    expect(adjustGas(100_000n, 1.3)).toBe(130_000n)
  })
})

describe('the nonce manager', () => {
  const refused = (code: number) => new TxError({ codespace: 'sdk', code, log: 'no' }, 'AA')

  test('gives a hundred concurrent transactions a sequence each, asking the chain once', async () => {
    let asked = 0
    const nonces = new NonceManager(async () => ({ accountNumber: 3n, sequence: 40 + asked++ * 1000 }))
    const used = await Promise.all(
      Array.from({ length: 100 }, () =>
        nonces.withNext('a', async ({ sequence }) => {
          await new Promise((done) => setTimeout(done, sequence % 3))
          return sequence
        }),
      ),
    )
    expect(used).toEqual(Array.from({ length: 100 }, (_, i) => 40 + i))
    expect(asked).toBe(1)
  })

  test('takes the sequence that the node expects, and goes on from there', async () => {
    const nonces = new NonceManager(async () => ({ accountNumber: 3n, sequence: 5 }))
    const tried: number[] = []
    const use = async ({ sequence }: { sequence: number }) => {
      tried.push(sequence)
      if (sequence < 9) throw new WrongSequenceError(refused(32), 9)
    }
    await nonces.withNext('a', use)
    await nonces.withNext('a', use)
    expect(tried).toEqual([5, 9, 10])
  })

  test('gives up when the sequence is wrong again and again', async () => {
    const nonces = new NonceManager(async () => ({ accountNumber: 3n, sequence: 5 }))
    let tries = 0
    const use = async () => {
      tries++
      throw new WrongSequenceError(refused(32), undefined)
    }
    await expect(nonces.withNext('a', use)).rejects.toBeInstanceOf(TxError)
    expect(tries).toBe(6)
  })

  test('leaves the sequence of a refused transaction to the next, and asks again after a lost answer', async () => {
    let asked = 0
    const nonces = new NonceManager(async () => ({ accountNumber: 3n, sequence: 5 + 10 * asked++ }))
    const failing = (error: Error) => nonces.withNext('a', async () => Promise.reject(error))
    const next = () => nonces.withNext('a', async ({ sequence }) => sequence)
    expect(await next()).toBe(5)
    await expect(failing(refused(13))).rejects.toThrow()
    expect(await next()).toBe(6)
    await expect(failing(new Error('socket hang up'))).rejects.toThrow('socket hang up')
    expect(await next()).toBe(15)
    expect(nonces.peek('a')).toBe(16)
  })
})

describe('what wadi/client loads', () => {
  const here = dirname(fileURLToPath(import.meta.url))
  const src = dirname(here)

  /** Every file reached from this folder, and every package or built-in named on the way. */
  function importGraph(): { files: Set<string>; packages: Set<string> } {
    const files = new Set(
      readdirSync(here)
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .map((f) => join(here, f)),
    )
    const packages = new Set<string>()
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      for (const [, spec = ''] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
        const own = spec.startsWith('.')
          ? normalize(join(dirname(file), spec))
          : /^#(lib|gen)\//.test(spec)
            ? join(src, spec.slice(1))
            : undefined
        if (own === undefined)
          packages.add(spec.startsWith('@') ? spec.split('/').slice(0, 2).join('/') : spec)
        else files.add(own)
      }
    }
    return { files, packages }
  }

  test('is CosmJS, the protobuf runtime and portable leaves: nothing of Node, of modules or of the node', () => {
    const { files, packages } = importGraph()
    expect([...packages].toSorted()).toEqual([
      '@bufbuild/protobuf',
      '@cosmjs/amino',
      '@cosmjs/proto-signing',
      // For its types alone.
      '@cosmjs/stargate',
      '@cosmjs/tendermint-rpc',
      '@noble/curves',
      '@noble/hashes',
      '@scure/base',
    ])
    const folders = new Set([...files].map((file) => file.slice(src.length + 1).split('/')[0]))
    expect([...folders].toSorted()).toEqual(['client', 'gen', 'lib'])
    expect(files.size).toBeGreaterThan(40)
  })
})

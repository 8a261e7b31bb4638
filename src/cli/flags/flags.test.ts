import { Command, CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import { messageOf } from '#lib/reflect.ts'
import { UsageError } from '../errors.ts'
import { flagName } from './fields.ts'
import { RequestFlags } from './request.ts'
import { parseBytes, parseCoin, parsePageKey } from './values.ts'

const alice = 'wadi15yk64u7zc9g9k2yr2wmzeva5qgwxps6yuu6ssh'
const bob = 'wadi1erxf3sa9q2j4vgseu7jq4a258ckmk7cy4s05wt'
const resolve = (text: string): string => {
  if (text.startsWith('wadi1')) return text
  if (text === 'bob') return bob
  throw new UsageError(`${text} is nobody`)
}

/** The message that a command line writes. */
function parse(type: string, positional: readonly string[], argv: readonly string[]): object {
  const flags = new RequestFlags(messageOf(type), positional)
  let message: object | undefined
  const command = new Command('test').exitOverride().configureOutput({ writeErr: () => {} })
  flags.addTo(command, () => 'what it means')
  command.action((...given: unknown[]) => {
    message = flags.complete(flags.read(given.slice(0, -2), command.opts(), resolve))
  })
  command.parse([...argv], { from: 'user' })
  return message as object
}

const register = (...argv: string[]) => parse('wadi.asset.v1.MsgRegisterAsset', [], argv)

describe('the flags of a message', () => {
  test('are its fields in kebab-case, parts of messages behind a dot, enumerations without their prefix', () => {
    expect(
      register(
        ...['--controller', 'bob', '--kind', 'model', '--slug', 'm', '--terms-id', '18446744073709551615'],
        ...[
          '--data-use.train',
          'NOT_ALLOWED',
          '--data-use.infer',
          'not-allowed',
          '--data-use.mine',
          'PERMISSION_ALLOWED',
        ],
        ...['--content.root-digest', '0x0102', '--content.file-count', '3'],
        ...['--locators', 'https://a.example/x', '--locators', 'hf://b/c'],
      ),
    ).toMatchObject({
      controller: bob,
      kind: 1,
      slug: 'm',
      termsId: 18446744073709551615n,
      dataUse: { train: 3, infer: 3, mine: 1 },
      content: { rootDigest: new Uint8Array([1, 2]), fileCount: 3, sizeBytes: 0n },
      locators: ['https://a.example/x', 'hf://b/c'],
      parents: [],
    })
  })

  test('take items of a list of messages as pairs, as JSON, or as one JSON array', () => {
    const parents = [
      { assetId: 1n, version: 2, relation: 1, licenseId: 0n },
      { assetId: 3n, version: 1, relation: 6, licenseId: 0n },
    ]
    expect(
      register(
        ...['--parents', 'asset_id=1,version=2,relation=FINETUNE'],
        ...['--parents', '{"asset_id":"3","version":1,"relation":"RELATION_TRAINED_ON"}'],
      ),
    ).toMatchObject({ parents })
    const json = '[{"asset_id":1,"version":2,"relation":1},{"asset_id":3,"version":1,"relation":6}]'
    expect(register('--parents', json)).toMatchObject({ parents })
  })

  test('take a whole message in JSON, to which flags of its parts add', () => {
    expect(register('--content', '{"size_bytes":"7"}', '--content.file-count', '2')).toMatchObject({
      content: { sizeBytes: 7n, fileCount: 2 },
    })
  })

  test('take coins in one text or several, and booleans with or without a value', () => {
    const send = (...argv: string[]) =>
      parse('cosmos.bank.v1beta1.MsgSend', ['from_address', 'to_address', 'amount'], argv)
    const sent = { fromAddress: alice, toAddress: bob, amount: [{ denom: 'awadi', amount: '5' }] }
    expect(send(alice, 'bob', '5awadi')).toEqual(sent)
    expect(send('--from-address', alice, '--to-address', 'bob', '--amount', '5awadi')).toEqual(sent)
    expect(send(alice, 'bob', '5awadi,7foo')).toMatchObject({
      amount: [{ amount: '5' }, { denom: 'foo', amount: '7' }],
    })
    const item = (text: string) =>
      parse('cosmos.bank.v1beta1.MsgSetSendEnabled', [], ['--send-enabled', text])
    expect(item('denom=foo,enabled=true')).toMatchObject({ sendEnabled: [{ denom: 'foo', enabled: true }] })
    const request = 'cosmos.bank.v1beta1.QueryAllBalancesRequest'
    expect(parse(request, [], ['--resolve-denom'])).toMatchObject({ resolveDenom: true })
    expect(parse(request, [], ['--resolve-denom', 'false'])).toMatchObject({ resolveDenom: false })
  })

  test.each([
    [['--kind', 'MODLE'], '--kind: "MODLE" is none of MODEL, DATASET, ADAPTER'],
    [['--terms-id', '1.5'], '--terms-id: "1.5" is not a whole number'],
    [['--terms-id', '18446744073709551616'], '--terms-id: terms_id: "18446744073709551616" is not a uint64'],
    [['--content.root-digest', 'xyz'], '--content.root-digest: "xyz" is neither hex nor base64'],
    [['--controller', 'carol'], '--controller: carol is nobody'],
    [
      ['--parents', 'asset=1'],
      '--parents: "asset=1" is not key=value with one of asset_id, version, relation',
    ],
    [['--content', '{"size":1}'], '--content.size'],
  ])('refuse %j with the flag, the value and what is due', (argv, message) => {
    expect(() => register(...argv)).toThrow(message)
    expect(() => register(...argv)).toThrow(UsageError)
  })

  test('say in the help how an amount is written, and of other values only what they mean', () => {
    const command = new Command('test')
    const names = ['to_address', 'amount']
    new RequestFlags(messageOf('cosmos.bank.v1beta1.MsgSend'), names).addTo(command, () => 'what it means')
    const [to, amount] = command.registeredArguments.map(({ description }) => description)
    expect([to, amount]).toEqual(['what it means', 'what it means (as 5awadi or 1.5WADI)'])
    const option = command.options.find(({ long }) => long === '--amount')
    expect(option?.description).toBe('what it means (as 5awadi or 1.5WADI) (may stand several times)')
  })

  test('refuse a value given twice, and a flag that no field has', () => {
    const send = (...argv: string[]) => parse('cosmos.bank.v1beta1.MsgSend', ['from_address'], argv)
    expect(() => send(alice, '--from-address', bob)).toThrow('from-address is given twice')
    expect(() => register('--colour', 'red')).toThrow(CommanderError)
  })
})

describe('values', () => {
  test('bytes are hex where they can be, else base64', () => {
    expect(parseBytes('0xFf00')).toEqual(new Uint8Array([255, 0]))
    expect(parseBytes('ff00')).toEqual(new Uint8Array([255, 0]))
    expect(parseBytes('/wA=')).toEqual(new Uint8Array([255, 0]))
  })

  test('amounts are whole, but for WADI, which is 10^18 awadi', () => {
    expect(parseCoin('5awadi')).toEqual({ denom: 'awadi', amount: '5' })
    expect(parseCoin('1.5WADI')).toEqual({ denom: 'awadi', amount: '1500000000000000000' })
    expect(parseCoin('0.000000000000000001WADI')).toEqual({ denom: 'awadi', amount: '1' })
    for (const bad of ['5', 'awadi', '1.5awadi', '-5awadi', '0.0000000000000000001WADI', '']) {
      expect(() => parseCoin(bad), bad).toThrow('is not an amount')
    }
    expect(() => parseCoin('3wadi')).toThrow('"3wadi" is not an amount: did you mean 3WADI?')
    expect(() => parseCoin('1.5Wadi')).toThrow('"1.5Wadi" is not an amount: did you mean 1.5WADI?')
  })

  test('the name of a flag is its path', () => {
    expect(flagName(['data_use', 'train'])).toBe('data-use.train')
  })
})

describe('the key of a page', () => {
  test('is base64 as answers have it, also where its letters could be hex; hex stands behind 0x', () => {
    // printf '\x04\0\0\0\0\0\0\0\x03' | base64
    const key = new Uint8Array([4, 0, 0, 0, 0, 0, 0, 0, 3])
    expect(parsePageKey('BAAAAAAAAAAD')).toEqual(key)
    expect(parsePageKey('0x040000000000000003')).toEqual(key)
    expect(() => parsePageKey('%%')).toThrow('--page-key: "%%" is not the next_key of a page')
  })
})

describe('an argument that is left out', () => {
  const send = (...argv: string[]) =>
    parse('cosmos.bank.v1beta1.MsgSend', ['from_address', 'to_address', 'amount'], argv)

  test('is named before anything is sent', () => {
    expect(() => send(alice)).toThrow('to-address is missing: write it as an argument, or with --to-address')
    expect(() => send(alice, bob)).toThrow('amount is missing')
    expect(send('--to-address', bob, '--from-address', alice, '--amount', '5awadi')).toMatchObject({
      amount: [{ denom: 'awadi', amount: '5' }],
    })
  })

  test('may be a list of texts: it is empty then', () => {
    const names = ['asset_id', 'version', 'locators']
    expect(parse('wadi.asset.v1.MsgUpdateLocators', names, ['1', '2'])).toMatchObject({ locators: [] })
  })
})

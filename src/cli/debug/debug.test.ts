import { describe, expect, test } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { DEV_ACCOUNTS } from '../node/dev-accounts.ts'
import { run } from '../testkit.ts'

const json = async (...argv: string[]) => {
  const { code, out, err } = await run('debug', ...argv, '-o', 'json')
  expect(err).toBe('')
  expect(code).toBe(EXIT.ok)
  return JSON.parse(out)
}

test('debug addr says an address in all its spellings', async () => {
  const { address, hexAddress } = DEV_ACCOUNTS[1] ?? { address: '', hexAddress: '' }
  expect((await json('addr', address)).hex_address.toLowerCase()).toBe(hexAddress)
  expect(await json('addr', hexAddress)).toMatchObject({ address })
})

describe('debug pubkey', () => {
  // The generator of secp256k1: the public key of the private key 1. Its Ethereum address is known as that of key 1;
  // its Cosmos address is RIPEMD-160 of SHA-256 of these bytes, Bitcoin's hash of the same key.
  const one = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
  const ethereum = '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf'
  const cosmos = '751e76e8199196d454941c45d1b3a323f1433bd6'

  test('says which accounts a key has, as one of Cosmos and as one of Ethereum', async () => {
    const facts = await json('pubkey', one)
    expect(facts.ethsecp256k1.hex_address).toBe(ethereum)
    expect(facts.secp256k1.hex_address.toLowerCase()).toBe(`0x${cosmos}`)
    expect(await json('pubkey', Buffer.from(one, 'hex').toString('base64'))).toEqual(facts)
  })

  test('reads keys as transactions have them', async () => {
    const key = Buffer.from(one, 'hex').toString('base64')
    const packed = (type: string) => JSON.stringify({ '@type': type, key })
    const bytes = { bytes: cosmos.toUpperCase() }
    expect(await json('pubkey', packed('/cosmos.crypto.secp256k1.PubKey'))).toMatchObject(bytes)
    const eth = await json('pubkey', packed('/cosmos.evm.crypto.v1.ethsecp256k1.PubKey'))
    expect(eth.hex_address).toBe(ethereum)
  })

  test.each([
    ['{"@type":"/cosmos.crypto.nothing.PubKey"}', 'is not a message type that this chain knows'],
    ['{"key":', 'this is no public key in proto JSON'],
    ['abcd', 'a public key has 33 bytes (secp256k1, compressed) or 32 (ed25519), not 2'],
    [`02${'ff'.repeat(32)}`, 'not a point of secp256k1'],
    ['?', 'neither hex nor base64'],
  ])('refuses %s', async (text, problem) => {
    const { code, err } = await run('debug', 'pubkey', text)
    expect(code).not.toBe(EXIT.ok)
    expect(err).toContain(problem)
    expect(err).not.toContain('    at ')
  })
})

describe('debug raw-bytes', () => {
  test('turns what Go prints into hex', async () => {
    // The example in the help of the SDK's own command.
    const bytes = ['[72 101 108 108 111 44 32 112 108 97 121 103 114 111 117 110 100]']
    expect(await json('raw-bytes', ...bytes)).toEqual({
      hex: Buffer.from('Hello, playground').toString('hex').toUpperCase(),
      base64: Buffer.from('Hello, playground').toString('base64'),
      bytes: 17,
    })
    expect((await json('raw-bytes', '[10', '21,', '13', '255]')).hex).toBe('0A150DFF')
    expect((await json('raw-bytes', '[]')).bytes).toBe(0)
  })

  test.each(['256', 'x', '-1', '1.5'])('refuses %s', async (word) => {
    const { code, err } = await run('debug', 'raw-bytes', '--', `[1 ${word}]`)
    expect(code).toBe(EXIT.usage)
    expect(err).toContain(`"${word}" is no byte`)
  })
})

test('debug app-hash says where it found no state', async () => {
  const { code, err } = await run('debug', 'app-hash', '--home', 'no-such-home')
  expect(code).toBe(EXIT.failed)
  expect(err).toMatch(/no-such-home has no state: .*app does not exist/)
})

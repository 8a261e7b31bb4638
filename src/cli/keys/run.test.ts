import { fromBech32, toBech32 } from '@cosmjs/encoding'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { DEV_ACCOUNTS, DEV_MNEMONIC } from '../node/dev-accounts.ts'
import { cli, file, ok } from '../tx/testkit.ts'

const json = async (...argv: string[]) => JSON.parse(await ok('keys', ...argv, '-o', 'json'))

// Account 0 of every Ethereum development tool's mnemonic "test … junk".
const ETH_KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const ETH_ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'

test.each([['--multisig-threshold', '2'], ['--nosort']])(
  'keys add makes no ordinary key of a multisig whose members were forgotten (%s)',
  async (...options) => {
    expect(await cli('keys', 'add', 'joint', ...options)).toEqual({
      code: 2,
      out: '',
      err:
        `wadi: ${options[0]} is for a multisig, and no members are named\n` +
        '  - name them: --multisig KEY,KEY,…\n',
    })
    expect(await ok('keys', 'list', '-o', 'json')).toBe('[]\n')
  },
)

test('keys show knows the public accounts, and says that they are public', async () => {
  const { code, out, err } = await cli('keys', 'show', 'dev9', '--address')
  expect({ code, out }).toEqual({ code: 0, out: `${DEV_ACCOUNTS[9]?.address}\n` })
  expect(err).toMatch(/^dev9 is PUBLIC: /)
  expect((await cli('keys', 'show', 'dev10')).err).toContain('no key is named dev10')
})

describe('a new key', () => {
  test('is printed to programs with its mnemonic, from which it can be recovered', async () => {
    const { mnemonic, ...made } = await json('add', 'made')
    expect(mnemonic.split(' ')).toHaveLength(24)
    await ok('keys', 'delete', 'made', '-y')
    const words = file('words.txt', `${mnemonic}\n`)
    expect(await json('recover', 'made', '--mnemonic-file', words)).toEqual(made)
    await ok('keys', 'delete', 'made', '-y')
    expect(await json('add', 'made', '--recover', '--mnemonic-file', words)).toEqual(made)
  })

  test('is printed to people with its mnemonic beside the result', async () => {
    const { out, err } = await cli('keys', 'add', 'told')
    expect(err).toContain('Write this down')
    expect(out).not.toContain('mnemonic')
  })

  test('of a mnemonic is that of other wallets, along the paths of both kinds', async () => {
    const words = file('words.txt', DEV_MNEMONIC)
    const third = await json('recover', 'third', '--mnemonic-file', words, '--index', '2')
    expect(third.address).toBe(DEV_ACCOUNTS[2]?.address)
    const eth = await json('recover', 'eth', '--mnemonic-file', words, '--eth')
    expect(eth).toMatchObject({ hex_address: ETH_ADDRESS, algorithm: 'ethsecp256k1' })
    await ok('keys', 'delete', 'eth', '-y')
  })
})

describe('a private key in hex', () => {
  test('is taken in as an Ethereum key by import-eth, as a Cosmos key by import-hex', async () => {
    expect(await json('import-eth', 'metamask', `0x${ETH_KEY}`)).toMatchObject({ hex_address: ETH_ADDRESS })
    const { privateKey = '', address } = DEV_ACCOUNTS[4] ?? {}
    expect(await json('import-hex', 'fourth', privateKey)).toMatchObject({ address, algorithm: 'secp256k1' })
    expect(await ok('keys', 'export', 'metamask', '--unarmored-hex')).toBe(`${ETH_KEY}\n`)
  })

  test.each([
    ['12', '64 hex digits'],
    [`${ETH_KEY}0`, '64 hex digits'],
    ['0'.repeat(64), 'it is 0, or not below the order of secp256k1'],
    // The order of secp256k1 (SEC 2).
    ['fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', 'not below the order of secp256k1'],
  ])('that is none is refused without being shown (%#)', async (hex, problem) => {
    const { code, err } = await cli('keys', 'import-eth', 'none', hex)
    expect(code).toBe(EXIT.usage)
    expect(err).toContain(problem)
    expect(err).not.toContain(hex.length > 10 ? hex : ' 12')
  })
})

describe('renaming a key', () => {
  test('keeps what it is, and refuses a name that is taken', async () => {
    const before = await json('import-hex', 'old', '11'.repeat(32))
    expect(await json('rename', 'old', 'new')).toEqual({ ...before, name: 'new' })
    expect((await cli('keys', 'show', 'old')).code).toBe(EXIT.notFound)
    expect(await ok('keys', 'export', 'new', '--unarmored-hex')).toBe(`${'11'.repeat(32)}\n`)
    expect(JSON.parse(await ok('keys', 'export', 'new'))).toMatchObject({ wadi: { name: 'new' }, version: 3 })
    await json('import-hex', 'other', '12'.repeat(32))
    expect((await cli('keys', 'rename', 'new', 'other')).err).toContain('there is a key named other already')
    expect((await cli('keys', 'rename', 'new', 'a b')).code).toBe(EXIT.usage)
    expect((await cli('keys', 'rename', 'absent', 'x')).code).toBe(EXIT.notFound)
    expect((await json('show', 'new')).address).toBe(before.address)
  })
})

describe('an address', () => {
  // The spellings of the same 20 bytes are those of CosmJS.
  const hex = ETH_ADDRESS
  const address = toBech32('wadi', Buffer.from(hex.slice(2), 'hex'))

  test.each([address, hex, hex.slice(2).toLowerCase(), hex.toLowerCase()])('is read as %s', async (text) => {
    expect(await json('parse', text)).toMatchObject({
      address,
      hex_address: hex,
      bytes: hex.slice(2).toUpperCase(),
    })
  })

  test('is read with the prefix of another chain, operators and consensus keys included', async () => {
    const bytes = Buffer.from(hex.slice(2), 'hex')
    for (const prefix of ['cosmos', 'osmovaloper', 'wadivalcons'])
      expect(await json('parse', toBech32(prefix, bytes))).toEqual({
        address,
        hex_address: hex,
        operator_address: toBech32('wadivaloper', bytes),
        consensus_address: toBech32('wadivalcons', bytes),
        bytes: hex.slice(2).toUpperCase(),
      })
    const dev0 = fromBech32(DEV_ACCOUNTS[0]?.address ?? '').data
    expect(await ok('keys', 'show', 'dev0', '--address', '--bech', 'val')).toBe(
      `${toBech32('wadivaloper', dev0)}\n`,
    )
  })

  test.each(['', 'wadi1', `${address.slice(0, -1)}q`, '0x12', `${hex}00`, 'dev0', `wadi1${'q'.repeat(200)}`])(
    'is not read as %j',
    async (text) => {
      const { code, err, out } = await cli('keys', 'parse', text)
      expect([code === EXIT.ok, out]).toEqual([false, ''])
      expect(err).toMatch(/^wadi: .+/)
    },
  )
})

test('the public key of a key is shown as transactions have it', async () => {
  await ok('keys', 'import-hex', 'pub', '13'.repeat(32))
  const { public_key } = await json('show', 'pub')
  expect(JSON.parse(await ok('keys', 'show', 'pub', '--pubkey'))).toEqual({
    '@type': '/cosmos.crypto.secp256k1.PubKey',
    key: Buffer.from(public_key, 'hex').toString('base64'),
  })
})

test('what is printed to programs has its keys in one order, on one line', async () => {
  const out = await ok('keys', 'show', 'pub', '-o', 'json')
  expect(out).toMatch(
    /^\{"name":"pub","algorithm":"[^"]+","address":"[^"]+","hex_address":"[^"]+","public_key":"[^"]+"\}\n$/,
  )
  expect(JSON.parse(await ok('keys', 'mnemonic', '-o', 'json'))).toEqual({ mnemonic: expect.any(String) })
  expect(await ok('keys', 'export', 'pub', '-o', 'json')).toMatch(/^\{.*\}\n$/)
  const { out: removed, err } = await cli('keys', 'delete', 'pub', '-y', '-o', 'json')
  expect([JSON.parse(removed), err]).toEqual([{ removed: JSON.parse(out) }, ''])
})

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DirectEthSecp256k1HdWallet, DirectSecp256k1HdWallet } from '@cosmjs/proto-signing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fromHex, toHex } from '#lib/bytes.ts'
import { DEV_ACCOUNTS, DEV_MNEMONIC } from '../node/dev-accounts.ts'
import { keyInfo, readAddress, signerOf } from './key.ts'
import { devKey, Keyring } from './keyring.ts'
import { keyFromMnemonic, newMnemonic } from './mnemonic.ts'
import { multisigInfo } from './multisig.ts'
import { lockKey, unlockKey, type Web3Secret } from './web3-secret.ts'

const LIGHT = 2 ** 10

// The two test vectors of the Web3 Secret Storage definition: one key, one password.
const PRIVATE_KEY = '7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'
const PASSWORD = 'testpassword'
const scryptVector: Web3Secret = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262144,
      p: 8,
      r: 1,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}
const pbkdf2Vector: Web3Secret = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}

describe('the Web3 secret storage', () => {
  test.each([
    ['scrypt', scryptVector],
    ['pbkdf2', pbkdf2Vector],
  ])('opens the test vector of the definition with %s', (_, vector) => {
    expect(toHex(unlockKey(vector, PASSWORD))).toBe(PRIVATE_KEY)
  })

  test('locks a key so that only its password opens it, and names its Ethereum address', () => {
    const secret = lockKey(fromHex(PRIVATE_KEY), PASSWORD, LIGHT)
    // The address of this key, as the definition's vectors have it in the field "address".
    expect(secret.address).toBe('008aeeda4d805471df9b2a5b0f38a0c3bcba786b')
    expect(toHex(unlockKey(secret, PASSWORD))).toBe(PRIVATE_KEY)
    expect(() => unlockKey(secret, `${PASSWORD} `)).toThrow('the password does not open the key')
    expect(lockKey(fromHex(PRIVATE_KEY), PASSWORD, LIGHT).crypto.ciphertext).not.toBe(
      secret.crypto.ciphertext,
    )
  })

  test.each([
    [{ ...scryptVector, version: 1 as unknown as 3 }, 'version 1 is not 3'],
    [{ version: 3, id: '' } as unknown as Web3Secret, 'crypto lacks one of'],
    [
      { ...scryptVector, crypto: { ...scryptVector.crypto, kdf: 'argon2' } },
      'crypto.kdf argon2 is not known',
    ],
    [
      {
        ...scryptVector,
        crypto: { ...scryptVector.crypto, kdfparams: { dklen: 32, n: 2 ** 24, r: 8, p: 1, salt: '00' } },
      },
      'scrypt with n 16777216, r 8, p 1 is out of bounds',
    ],
  ])('refuses a file it does not know, or that would take all memory (%#)', (secret, message) => {
    expect(() => unlockKey(secret, PASSWORD)).toThrow(message)
  })
})

describe('keys', () => {
  test('of a mnemonic are those of the CosmJS wallets', async () => {
    const cosmos = await DirectSecp256k1HdWallet.fromMnemonic(DEV_MNEMONIC, { prefix: 'wadi' })
    const [account] = await cosmos.getAccounts()
    const path = { account: '0', index: '0' }
    const key = await keyFromMnemonic(DEV_MNEMONIC, { algorithm: 'secp256k1', ...path })
    expect(keyInfo('a', key, 'secp256k1').address).toBe(account?.address)

    const ethereum = await DirectEthSecp256k1HdWallet.fromMnemonic(DEV_MNEMONIC, { prefix: 'wadi' })
    const [ethAccount] = await ethereum.getAccounts()
    const ethKey = await keyFromMnemonic(DEV_MNEMONIC, { algorithm: 'ethsecp256k1', ...path })
    const info = keyInfo('e', ethKey, 'ethsecp256k1')
    expect(info.address).toBe(ethAccount?.address)
    // The first account that every Ethereum tool derives from this mnemonic.
    expect(info.hexAddress).toBe('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266')
  })

  test('sign as the account they belong to', async () => {
    for (const algorithm of ['secp256k1', 'ethsecp256k1'] as const) {
      const key = fromHex(PRIVATE_KEY)
      const [account] = await (await signerOf(key, algorithm)).getAccounts()
      expect(account?.address).toBe(keyInfo('a', key, algorithm).address)
    }
  })

  test('a new mnemonic has as many words as asked for, another one each time', async () => {
    const words = (await newMnemonic(12)).split(' ')
    expect(words).toHaveLength(12)
    expect((await newMnemonic(24)).split(' ')).toHaveLength(24)
    expect((await newMnemonic(12)).split(' ')).not.toEqual(words)
    await expect(
      keyFromMnemonic('one two three', { algorithm: 'secp256k1', account: '0', index: '0' }),
    ).rejects.toThrow('this is no mnemonic')
  })
})

describe('a keyring', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wadi-keys-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const open = (backend: 'file' | 'test', password = PASSWORD) =>
    new Keyring(backend, folder, async () => password, LIGHT)

  test('keeps a key under its name, found by name and by address in either spelling', async () => {
    const keyring = open('file')
    const info = await keyring.add('alice', fromHex(PRIVATE_KEY), 'ethsecp256k1')
    expect(open('file').list()).toEqual([info])
    for (const text of ['alice', info.address, info.hexAddress, info.hexAddress.toLowerCase()]) {
      expect(keyring.find(text)).toEqual(info)
    }
    expect(keyring.find('bob')).toBeUndefined()
    expect(toHex(await keyring.privateKey(info))).toBe(PRIVATE_KEY)
    await expect(open('file', 'wrongpassword').privateKey(info)).rejects.toThrow(
      'alice.json: the password does not open',
    )
  })

  test('lets nobody else read its files', async () => {
    await open('file').add('alice', fromHex(PRIVATE_KEY), 'secp256k1')
    const path = join(folder, 'keyring-file', 'alice.json')
    expect(statSync(path).mode & 0o077).toBe(0)
    expect(statSync(join(folder, 'keyring-file')).mode & 0o077).toBe(0)
    expect(readFileSync(path, 'utf8')).not.toContain(PRIVATE_KEY)
  })

  test('asks for no password in test mode, and says so in the file', async () => {
    const keyring = new Keyring('test', folder, async () => Promise.reject(new Error('asked')), LIGHT)
    const info = await keyring.add('alice', fromHex(PRIVATE_KEY), 'secp256k1')
    expect(toHex(await keyring.privateKey(info))).toBe(PRIVATE_KEY)
    expect(readdirSync(folder)).toEqual(['keyring-test'])
    expect(JSON.parse(readFileSync(join(folder, 'keyring-test', 'alice.json'), 'utf8'))).toHaveProperty(
      'insecure',
    )
  })

  test('refuses a name twice, an address twice, and names that are paths', async () => {
    const keyring = open('test')
    await keyring.add('alice', fromHex(PRIVATE_KEY), 'secp256k1')
    await expect(keyring.add('alice', fromHex(`11${PRIVATE_KEY.slice(2)}`), 'secp256k1')).rejects.toThrow(
      'a key named alice',
    )
    await expect(keyring.add('bob', fromHex(PRIVATE_KEY), 'secp256k1')).rejects.toThrow(
      'the key alice has the address',
    )
    await expect(keyring.add('../bob', fromHex(PRIVATE_KEY), 'secp256k1')).rejects.toThrow(
      'is no name for a key',
    )
    expect(() => keyring.must('carol')).toThrow('there are: alice')
  })

  test('knows where a key may be that it does not have', async () => {
    await open('file').add('alice', fromHex(PRIVATE_KEY), 'secp256k1')
    const other = 'it is in the other keyring: --keyring-backend'
    expect(() => open('test').must('alice')).toThrow(`${other} file`)
    expect(() => open('test').must('bob')).toThrow('keys under a password: --keyring-backend file')
    expect(() => open('file').must('../alice')).toThrow('keys without password: --keyring-backend test')
    open('file').delete(open('file').mustSign('alice'))
    await open('test').add('alice', fromHex(PRIVATE_KEY), 'secp256k1')
    expect(() => open('file').must('alice')).toThrow(`${other} test`)
  })

  test('refuses the names of the public accounts, which it would hide, and says how those sign', async () => {
    const keyring = open('test')
    for (const name of ['dev0', 'dev9']) {
      await expect(keyring.add(name, fromHex(PRIVATE_KEY), 'secp256k1')).rejects.toThrow(
        `${name} is the name of a public account of wadi-dev-1 and wadi-local-1, which a key would hide\n` +
          `  - take another name; that account signs there without a key: --from ${name}`,
      )
    }
    expect((await keyring.add('dev10', fromHex(PRIVATE_KEY), 'secp256k1')).name).toBe('dev10')
  })

  test('notices that somebody changed what stands beside the secret', async () => {
    const keyring = open('test')
    const info = await keyring.add('alice', fromHex(PRIVATE_KEY), 'secp256k1')
    const path = join(folder, 'keyring-test', 'alice.json')
    const other = keyInfo('alice', fromHex(`11${PRIVATE_KEY.slice(2)}`), 'secp256k1')
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), wadi: other }))
    await expect(keyring.privateKey(keyring.mustSign('alice'))).rejects.toThrow('does not have the address')
    expect(keyring.must('alice').address).not.toBe(info.address)
  })

  test('keeps a multisig without a password, and does not take it from a file that was changed', async () => {
    const keyring = new Keyring('file', folder, async () => Promise.reject(new Error('asked')), LIGHT)
    const key = (hex: string) => keyInfo('', fromHex(hex), 'secp256k1')
    const [one, two] = [key(PRIVATE_KEY), key(`11${PRIVATE_KEY.slice(2)}`)]
    const safe = multisigInfo('safe', 2, [one, two])
    keyring.addMultisig(safe)
    expect([keyring.must('safe'), keyring.find(safe.address), ...keyring.list()]).toEqual([safe, safe, safe])
    expect(() => keyring.addMultisig({ ...safe, name: 'again' })).toThrow('the key safe has the address')
    expect(() => keyring.mustSign('safe')).toThrow('safe is a multisig: it has no key of its own')

    const path = join(folder, 'keyring-file', 'safe.json')
    const change = (part: object) => writeFileSync(path, JSON.stringify({ wadi: { ...safe, ...part } }))
    change({ threshold: 1 })
    expect(() => keyring.must('safe')).toThrow(/safe\.json: its members make the address wadi1\w+, not wadi1/)
    change({ members: [{ ...one, publicKey: '02' }] })
    expect(() => keyring.must('safe')).toThrow('safe.json: its members are no public keys')
    change({ members: undefined })
    expect(() => keyring.must('safe')).toThrow('safe.json: its members are no public keys')
  })

  test('forgets a deleted key', async () => {
    const keyring = open('test')
    keyring.delete(await keyring.add('alice', fromHex(PRIVATE_KEY), 'secp256k1'))
    expect(keyring.list()).toEqual([])
  })
})

describe('the development accounts', () => {
  test('are named dev0 to dev9 on the chains that fund them, and on no other', () => {
    for (const [i, account] of DEV_ACCOUNTS.entries()) {
      expect(devKey(`dev${i}`, 'wadi-dev-1')?.info.address).toBe(account.address)
      expect(devKey(account.hexAddress, 'wadi-local-1')?.info.name).toBe(`dev${i}`)
    }
    expect(devKey('dev10', 'wadi-dev-1')).toBeUndefined()
    expect(devKey('dev0', 'wadi-1')).toBeUndefined()
  })

  test('an address is read in both spellings, and nothing else is one', () => {
    const { address, hexAddress } = DEV_ACCOUNTS[0] as (typeof DEV_ACCOUNTS)[number]
    expect(readAddress(hexAddress)).toBe(address)
    expect(readAddress(address)).toBe(address)
    expect(readAddress('dev0')).toBeUndefined()
    expect(() => readAddress(`${address.slice(0, -1)}q`)).toThrow('checksum')
  })
})

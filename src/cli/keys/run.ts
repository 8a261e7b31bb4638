import { existsSync } from 'node:fs'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { encodeBech32 } from '#lib/bech32.ts'
import { fromHex, toHex } from '#lib/bytes.ts'
import type { JsonObject } from '#lib/proto-json.ts'
import type { RunContext } from '../context.ts'
import { CommandError, UsageError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { readText } from '../files.ts'
import { print } from '../output.ts'
import { openKeyring } from '../session.ts'
import type { KeysOptions } from './command.ts'
import type { KeyAlgorithm, NamedKey } from './key.ts'
import { readKeyFile } from './key-file.ts'
import { type Keyring, publicAccount } from './keyring.ts'
import { keyFromMnemonic, newMnemonic } from './mnemonic.ts'
import { readMultisig } from './multisig.ts'
import { passwordSource } from './password.ts'
import { anyAddress, PREFIXES, spellings } from './spellings.ts'
import { KeyFileError, unlockKey } from './web3-secret.ts'

type Run = (context: RunContext, args: readonly string[], options: KeysOptions) => Promise<void>

/** The commands of `wadi keys` by name. */
export const keyCommands: Readonly<Record<string, Run>> = {
  async add(context, [name = ''], options) {
    const keyring = openKeyring(options)
    keyring.checkFree(name)
    if (options.multisig !== undefined) return addMultisig(context, keyring, name, options.multisig, options)
    refuseMultisigParts(options)
    if (options.recover === true) return store(context, keyring, name, await givenMnemonic(options), options)
    const mnemonic = await newMnemonic(24)
    // A program finds it where it finds the key; people are told what it is.
    const isText = options.output === 'text'
    await store(context, keyring, name, mnemonic, options, isText ? {} : { mnemonic })
    if (isText) context.stderr.write(`${KEEP}\n\n  ${mnemonic}\n\n`)
  },

  async recover(context, [name = ''], options) {
    const keyring = openKeyring(options)
    keyring.checkFree(name)
    await store(context, keyring, name, await givenMnemonic(options), options)
  },

  async list(context, _, options) {
    const keyring = openKeyring(options)
    for (const problem of keyring.damaged()) context.stderr.write(`left out: ${problem}\n`)
    const keys = keyring.list()
    if (options.output === 'json')
      return print(
        context,
        'json',
        options.listNames === true ? keys.map(({ name }) => name) : keys.map(keyJson),
      )
    if (options.listNames === true) context.stdout.write(keys.map(({ name }) => `${name}\n`).join(''))
    else await print(context, 'text', keys.map(keyJson))
  },

  async show(context, [name = ''], options) {
    const keyring = openKeyring(options)
    const own = keyring.find(name)
    const open = own === undefined ? publicAccount(name)?.info : undefined
    if (open !== undefined) context.stderr.write(`${open.name} is PUBLIC: ${EVERYBODYS}\n`)
    const info = own ?? open ?? keyring.must(name)
    if (options.pubkey === true) {
      const { publicKeyJson } = await import('./public-key.ts')
      return print(context, 'json', publicKeyJson(info))
    }
    const kind = options.bech ?? 'acc'
    const address = kind === 'acc' ? info.address : encodeBech32(PREFIXES[kind], anyAddress(info.address))
    if (options.address === true) context.stdout.write(`${address}\n`)
    else await print(context, options.output, { ...keyJson(info), address })
  },

  async parse(context, [text = ''], options) {
    await print(context, options.output, spellings(anyAddress(text)))
  },

  async rename(context, [name = '', to = ''], options) {
    const keyring = openKeyring(options)
    await print(context, options.output, keyJson(keyring.rename(keyring.must(name), to)))
  },

  async delete(context, [name = ''], options) {
    const keyring = openKeyring(options)
    const info = keyring.must(name)
    if (options.yes !== true && !(await agreed(`Remove ${name} (${info.address}) for good?`))) {
      throw new CommandError('nothing was removed')
    }
    keyring.delete(info)
    if (options.output === 'json') await print(context, 'json', { removed: keyJson(info) })
    else context.stderr.write(`removed ${name}, ${info.address}\n`)
  },

  async export(context, [name = ''], options) {
    const keyring = openKeyring(options)
    const info = keyring.mustSign(name)
    if (options.unarmoredHex === true) context.stdout.write(`${toHex(await keyring.privateKey(info))}\n`)
    else if (options.output === 'json')
      await print(context, 'json', { ...keyring.secret(info) } as object as JsonObject)
    else context.stdout.write(`${JSON.stringify(keyring.secret(info), null, 2)}\n`)
  },

  async import(context, [name = '', source = ''], options) {
    await take(context, name, options, algorithmOf(options), () => importedKey(source, options))
  },

  async 'import-hex'(context, [name = '', hex], options) {
    await take(context, name, options, algorithmOf(options), async () =>
      privateKeyOf(hex ?? (await givenHex())),
    )
  },

  async 'import-eth'(context, [name = '', hex], options) {
    await take(context, name, options, 'ethsecp256k1', async () => privateKeyOf(hex ?? (await givenHex())))
  },

  async mnemonic(context, _, options) {
    const mnemonic = await newMnemonic(Number(options.words))
    await print(context, options.output, options.output === 'json' ? { mnemonic } : mnemonic)
  },
}

const INSECURE =
  'INSECURE: a key of the test keyring has no password of its own. Let it hold nothing of value.\n'
const EVERYBODYS = 'every devnet and localnet has this account, and everybody has its key.'
const KEEP = 'Write this down and keep it where nobody else finds it. It is the only way to get the key back:'

function algorithmOf({ eth }: KeysOptions): KeyAlgorithm {
  return eth === true ? 'ethsecp256k1' : 'secp256k1'
}

/** Without its members no multisig is made, and an ordinary key is not what was meant. */
function refuseMultisigParts({ multisigThreshold, nosort }: KeysOptions): void {
  if (multisigThreshold === undefined && nosort !== true) return
  throw new UsageError(
    `${nosort === true ? '--nosort' : '--multisig-threshold'} is for a multisig, and no members are named\n` +
      '  - name them: --multisig KEY,KEY,…',
  )
}

async function addMultisig(
  context: RunContext,
  keyring: Keyring,
  name: string,
  list: string,
  { multisigThreshold = '1', nosort, output }: KeysOptions,
): Promise<void> {
  const info = readMultisig(name, list, {
    threshold: Number(multisigThreshold),
    keepOrder: nosort === true,
    find: (text) => keyring.must(text),
  })
  keyring.addMultisig(info)
  await print(context, output, keyJson(info))
}

function keyJson(key: NamedKey): JsonObject {
  const { name, algorithm, address, hexAddress } = key
  const common = { name, algorithm, address, hex_address: hexAddress }
  if (key.algorithm !== 'multisig') return { ...common, public_key: key.publicKey }
  const members = key.members.map((member) => ({
    algorithm: member.algorithm,
    address: member.address,
    public_key: member.publicKey,
  }))
  return { ...common, threshold: key.threshold, members }
}

/** Stores the key of a mnemonic, and prints what is known of it; `more` stands behind. */
async function store(
  context: RunContext,
  keyring: Keyring,
  name: string,
  mnemonic: string,
  options: KeysOptions,
  more: JsonObject = {},
): Promise<void> {
  const { account, index, output } = options
  const privateKey = await keyFromMnemonic(mnemonic, { algorithm: algorithmOf(options), account, index })
  const info = await keyring.add(name, privateKey, algorithmOf(options))
  if (keyring.backend === 'test') context.stderr.write(INSECURE)
  await print(context, output, { ...keyJson(info), ...more })
}

/** Stores a private key that is taken from elsewhere. */
async function take(
  context: RunContext,
  name: string,
  options: KeysOptions,
  algorithm: KeyAlgorithm,
  privateKey: () => Promise<Uint8Array>,
): Promise<void> {
  const keyring = openKeyring(options)
  keyring.checkFree(name)
  const info = await keyring.add(name, await privateKey(), algorithm)
  if (keyring.backend === 'test') context.stderr.write(INSECURE)
  await print(context, options.output, keyJson(info))
}

/** Longer than any mnemonic or key in hex. */
const MAX_SECRET_BYTES = 4_096

async function givenMnemonic({ mnemonicFile }: KeysOptions): Promise<string> {
  return mnemonicFile === undefined
    ? givenSecret('Mnemonic')
    : readText(mnemonicFile, MAX_SECRET_BYTES).trim()
}

const givenHex = (): Promise<string> => givenSecret('Private key in hex')

/** A secret that is typed, or comes from the standard input. */
async function givenSecret(message: string): Promise<string> {
  if (!process.stdin.isTTY) return readText('-', MAX_SECRET_BYTES).trim()
  const { default: password } = await import('@inquirer/password')
  return (await password({ message, mask: true }, { output: process.stderr })).trim()
}

const PRIVATE_KEY = /^(?:0x)?([0-9a-fA-F]{64})$/

/** The text is not shown: it may be a key with a digit too many. */
function privateKeyOf(text: string): Uint8Array {
  const digits = PRIVATE_KEY.exec(text)?.[1]
  if (digits === undefined)
    throw new UsageError('this is no private key: it has 64 hex digits, with or without 0x')
  const key = fromHex(digits)
  if (secp256k1.utils.isValidSecretKey(key)) return key
  throw new UsageError('this is no private key: it is 0, or not below the order of secp256k1')
}

async function importedKey(source: string, options: KeysOptions): Promise<Uint8Array> {
  if (PRIVATE_KEY.test(source)) return privateKeyOf(source)
  if (!existsSync(source))
    throw new UsageError(`${source} is neither a file nor a private key of 64 hex digits`)
  const ask = passwordSource(options.passwordFile)
  try {
    return unlockKey(readKeyFile(source), await ask(`Password of ${source}`))
  } catch (error) {
    if (error instanceof KeyFileError) throw new CommandError(`${source}: ${error.message}`, [], EXIT.locked)
    throw error
  }
}

async function agreed(message: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('nobody is at the terminal to confirm: add --yes')
  const { default: ask } = await import('@inquirer/confirm')
  return ask({ message, default: false }, { output: process.stderr })
}

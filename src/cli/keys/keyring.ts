import { existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fromHex } from '#lib/bytes.ts'
import { syncDirectory } from '../../store/log-files.ts'
import { CommandError, UsageError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { writeNew } from '../files.ts'
import { DEV_ACCOUNTS } from '../node/dev-accounts.ts'
import { didYouMean } from '../suggest.ts'
import {
  type KeyAlgorithm,
  type KeyInfo,
  keyInfo,
  type MultisigInfo,
  type NamedKey,
  readAddress,
} from './key.ts'
import { readKeyFile, refuseOthers, type StoredKey, storedInfo } from './key-file.ts'
import { KEY_NAME, namesIn } from './names.ts'
import { KeyFileError, lockKey, SCRYPT_N, unlockKey, type Web3Secret } from './web3-secret.ts'

/** `file`: every key under a password. `test`: none, for keys that hold nothing of value. */
export type KeyringBackend = 'file' | 'test'

/** Where a password comes from when one is needed; `confirm` asks twice. */
export type AskPassword = (question: string, confirm?: boolean) => Promise<string>

/** Keys without a password are locked with this one, which everybody knows. */
const TEST_PASSWORD = 'test'
const TEST_SCRYPT_N = 2 ** 4

/** The chains whose first accounts have keys that everybody knows. */
export const PUBLIC_CHAINS: readonly string[] = ['wadi-dev-1', 'wadi-local-1']

/** Keys in files of a folder, one each. */
export class Keyring {
  readonly backend: KeyringBackend
  readonly folder: string
  readonly #ask: AskPassword
  readonly #scryptN: number

  /** Holds the keys under `folder`; `scryptN` is for tests. */
  constructor(backend: KeyringBackend, folder: string, ask: AskPassword, scryptN = SCRYPT_N) {
    this.backend = backend
    this.folder = join(folder, `keyring-${backend}`)
    this.#ask = ask
    this.#scryptN = scryptN
  }

  /** All keys, by name; files that cannot be read are left out, see {@link damaged}. */
  list(): NamedKey[] {
    return this.#scan().keys
  }

  /** What is wrong with the files that are no keys, one message a file. */
  damaged(): string[] {
    return this.#scan().damaged
  }

  #scan(): { keys: NamedKey[]; damaged: string[] } {
    const keys: NamedKey[] = []
    const damaged: string[] = []
    for (const name of this.#names()) {
      try {
        keys.push(this.#infoOf(name))
      } catch (error) {
        if (!(error instanceof CommandError)) throw error
        damaged.push(error.message)
      }
    }
    return { keys, damaged }
  }

  #names(): string[] {
    return namesIn(this.folder)
  }

  /** A key by its name or by its address in either spelling. Throws {@link CommandError} if its file is damaged. */
  find(nameOrAddress: string): NamedKey | undefined {
    const address = readAddress(nameOrAddress)
    if (address !== undefined) return this.list().find((key) => key.address === address)
    return this.#names().includes(nameOrAddress) ? this.#infoOf(nameOrAddress) : undefined
  }

  /** Like {@link find}; throws {@link CommandError} with the keys there are. */
  must(nameOrAddress: string): NamedKey {
    const found = this.find(nameOrAddress)
    if (found !== undefined) return found
    const { keys, damaged } = this.#scan()
    const names = keys.map(({ name }) => name)
    const near = didYouMean(nameOrAddress, names)
    throw new CommandError(
      `no key is named ${nameOrAddress} in ${this.folder}${near === '' ? '' : `.${near}`}`,
      [
        names.length === 0 ? 'make one: "wadi keys add NAME"' : `there are: ${names.join(', ')}`,
        this.elsewhere(nameOrAddress),
        ...damaged.map((problem) => `not a key: ${problem.split('\n')[0]}`),
      ],
      EXIT.notFound,
    )
  }

  /** Where a key may be that is not here; the keyring of the other kind, if it is there. */
  elsewhere(name: string): string {
    const [other, keys] =
      this.backend === 'test' ? ['file', 'under a password'] : ['test', 'without password']
    const file = join(dirname(this.folder), `keyring-${other}`, `${name}.json`)
    if (KEY_NAME.test(name) && existsSync(file))
      return `it is in the other keyring: --keyring-backend ${other}`
    return `another folder: --keyring-dir; keys ${keys}: --keyring-backend ${other}`
  }

  /** Like {@link must} for what signs alone; throws {@link CommandError} for a multisig, with how that signs. */
  mustSign(nameOrAddress: string): KeyInfo {
    const found = this.must(nameOrAddress)
    if (found.algorithm !== 'multisig') return found
    throw new CommandError(`${found.name} is a multisig: it has no key of its own, its members sign for it`, [
      `"wadi tx sign FILE --from MEMBER --multisig ${found.name}", then "wadi tx multi-sign FILE ${found.name} …"`,
    ])
  }

  /** Stores a key. Refuses a name or address that is there already. */
  async add(name: string, privateKey: Uint8Array, algorithm: KeyAlgorithm): Promise<KeyInfo> {
    const info = keyInfo(name, privateKey, algorithm)
    this.#checkNew(info)
    const insecure = this.backend === 'test'
    const password = insecure ? TEST_PASSWORD : await this.#ask(`New password for the key ${name}`, true)
    const secret = lockKey(privateKey, password, insecure ? TEST_SCRYPT_N : this.#scryptN)
    this.#write(name, { ...secret, wadi: info, ...(insecure ? { insecure: 'the password is "test"' } : {}) })
    return info
  }

  /** Stores a multisig: public keys only, under no password. Refuses what {@link add} refuses. */
  addMultisig(info: MultisigInfo): void {
    this.#checkNew(info)
    this.#write(info.name, { wadi: info })
  }

  #checkNew({ name, address }: NamedKey): void {
    this.checkFree(name)
    const same = this.find(address)
    if (same !== undefined) throw new CommandError(`the key ${same.name} has the address ${address} already`)
  }

  /** When it returns, the file outlasts a loss of power; where it does not get that far, it is not there. */
  #write(name: string, content: object): void {
    const made = mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    const file = this.#fileOf(name)
    writeNew(file, `${JSON.stringify(content, null, 2)}\n`, 0o600)
    try {
      syncFolders(this.folder, made === undefined ? this.folder : dirname(made))
    } catch (error) {
      rmSync(file, { force: true })
      throw error
    }
  }

  /** Throws unless a new key may have that name. */
  checkFree(name: string): void {
    if (!KEY_NAME.test(name)) {
      throw new UsageError(
        `${JSON.stringify(name)} is no name for a key: take up to 64 letters, digits, dots, - or _`,
      )
    }
    if (devIndex(name) !== -1) {
      throw new UsageError(
        `${name} is the name of a public account of ${PUBLIC_CHAINS.join(' and ')}, which a key would hide\n` +
          `  - take another name; that account signs there without a key: --from ${name}`,
      )
    }
    // A link to nothing is there as well.
    if (lstatSync(this.#fileOf(name), { throwIfNoEntry: false }) !== undefined) {
      throw new CommandError(`there is a key named ${name} already`, [
        `take another name, or "wadi keys delete ${name}"`,
      ])
    }
  }

  /** The private key, 32 bytes; asks for its password. */
  async privateKey({ name, address, algorithm }: KeyInfo): Promise<Uint8Array> {
    const secret = this.#at(name, () => {
      refuseOthers(this.#fileOf(name))
      return this.#read(name)
    })
    const password = this.backend === 'test' ? TEST_PASSWORD : await this.#ask(`Password of the key ${name}`)
    const key = this.#at(name, () => unlockKey(secret, password))
    // What stands beside the secret is not covered by its MAC.
    if (keyInfo(name, key, algorithm).address === address) return key
    throw new CommandError(
      `${this.#fileOf(name)}: the key inside does not have the address ${address}`,
      ['somebody changed the file: restore it from a backup'],
      EXIT.locked,
    )
  }

  /** The key file as it stands, for other tools. */
  secret({ name }: KeyInfo): Web3Secret {
    return this.#at(name, () => this.#read(name))
  }

  /** Gives a key another name. It has both for a moment, and never none: not even where the power fails. */
  rename({ name }: NamedKey, to: string): NamedKey {
    this.checkFree(to)
    const stored = this.#at(name, () => this.#read(name))
    this.#write(to, { ...stored, wadi: { ...stored.wadi, name: to } })
    rmSync(this.#fileOf(name))
    return this.#infoOf(to)
  }

  /** Removes a key for good. */
  delete({ name }: NamedKey): void {
    rmSync(this.#fileOf(name))
  }

  #fileOf(name: string): string {
    return join(this.folder, `${name}.json`)
  }

  #infoOf(name: string): NamedKey {
    return this.#at(name, () => {
      if (!KEY_NAME.test(name))
        throw new KeyFileError('its name is none that a key may have: rename the file')
      return storedInfo(name, this.#read(name))
    })
  }

  #read(name: string): StoredKey {
    return readKeyFile(this.#fileOf(name))
  }

  #at<T>(name: string, work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error
      throw new CommandError(`${this.#fileOf(name)}: ${error.message}`, [], EXIT.locked)
    }
  }
}

/** Puts on the disk which files a folder has, and so for those above it up to `last`. Windows does it by itself. */
function syncFolders(folder: string, last: string): void {
  if (process.platform === 'win32') return
  const end = resolve(last)
  for (let at = resolve(folder); ; at = dirname(at)) {
    syncDirectory(at)
    if (at === end || at === dirname(at)) return
  }
}

/** The number of a development account by its name; -1 for any other. */
function devIndex(name: string): number {
  return DEV_ACCOUNTS.findIndex((_, i) => name === `dev${i}`)
}

/** A development account by its name `dev0` … `dev9` or address, on the chains that fund them. */
export function devKey(
  nameOrAddress: string,
  chainId: string,
): { info: KeyInfo; privateKey: Uint8Array } | undefined {
  return PUBLIC_CHAINS.includes(chainId) ? publicAccount(nameOrAddress) : undefined
}

/** A development account by its name or address; everybody has its key. */
export function publicAccount(nameOrAddress: string): { info: KeyInfo; privateKey: Uint8Array } | undefined {
  const address = readAddress(nameOrAddress)
  const index =
    address === undefined
      ? devIndex(nameOrAddress)
      : DEV_ACCOUNTS.findIndex((account) => account.address === address)
  const account = DEV_ACCOUNTS[index]
  if (account === undefined) return undefined
  const privateKey = fromHex(account.privateKey)
  return { info: keyInfo(`dev${index}`, privateKey, 'secp256k1'), privateKey }
}

import type { HashText } from './iavl-hash.ts'

/**
 * The block of shared words through which the writing thread and the readers agree: which versions may be read, their
 * roots and hashes, and who is reading what.
 *
 * ```
 * 0 latest version   1 oldest version still offered   2 stores   3 versions in the ring   4 last pin token
 * 5 next version that the history needs, 0: none   6 the same as far as it is durable
 * then PINS × { token, version, limit in ms, reader }
 * then ring × { version, app hash (8 words), bytes of meta, meta (32 words), per store: root, root hash (8 words) }
 * ```
 *
 * A pin: the reader writes its token and version, and only then looks whether the version is still offered. The writer
 * withdraws a version, and only then looks for pins of it. So one of the two sees the other: a pin is refused, or
 * honoured.
 */
const LATEST = 0
const FLOOR = 1
const LAST_TOKEN = 4
const HISTORY_NEXT = 5
const HISTORY_SAFE = 6
const PINS_AT = 16
const PIN_WORDS = 4
const HASH_WORDS = 8
const META_WORDS = 32
const STORES_AT = 1 + HASH_WORDS + 1 + META_WORDS

/** Bytes that a version may say of itself beside its state. */
export const META_BYTES = META_WORDS * 4

/** Readers that may hold a version at the same time, over all threads. */
export const PINS = 64

/** One version as the ring keeps it. */
export interface VersionRecord {
  readonly version: number
  readonly appHash: HashText
  /** What the application said of the version: at most {@link META_BYTES}. */
  readonly meta: Uint8Array
  readonly roots: readonly number[]
  readonly hashes: readonly HashText[]
}

export class ControlBlock {
  readonly buffer: SharedArrayBuffer
  readonly stores: number
  readonly ring: number
  private readonly words: Int32Array
  private readonly bytes: Buffer

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.words = new Int32Array(buffer)
    this.bytes = Buffer.from(buffer)
    this.stores = this.words[2] as number
    this.ring = this.words[3] as number
  }

  static create(stores: number, versions: number): ControlBlock {
    let ring = 16
    while (ring < versions + 2) ring *= 2
    const buffer = new SharedArrayBuffer((PINS_AT + PINS * PIN_WORDS + ring * recordWords(stores)) * 4)
    const header = new Int32Array(buffer)
    header[2] = stores
    header[3] = ring
    return new ControlBlock(buffer)
  }

  static attach(buffer: SharedArrayBuffer): ControlBlock {
    return new ControlBlock(buffer)
  }

  get latest(): number {
    return Atomics.load(this.words, LATEST)
  }

  get floor(): number {
    return Atomics.load(this.words, FLOOR)
  }

  /** The version that the history takes next; 0 where none is kept. */
  get historyNext(): number {
    return Atomics.load(this.words, HISTORY_NEXT)
  }

  /** Like {@link historyNext}, as it will be found after the machine stopped. */
  get historySafe(): number {
    return Atomics.load(this.words, HISTORY_SAFE)
  }

  /** History: it has everything below `next`; `safe` if that is on the disk. */
  advanceHistory(next: number, safe: boolean): void {
    Atomics.store(this.words, HISTORY_NEXT, next)
    if (safe) Atomics.store(this.words, HISTORY_SAFE, next)
  }

  /** Writer: offers a version. Everything its roots lead to must have been written before. */
  publish(record: VersionRecord): void {
    const { words } = this
    const at = this.recordAt(record.version)
    Atomics.store(words, at, 0)
    this.bytes.write(record.appHash, (at + 1) * 4, 'latin1')
    words[at + 1 + HASH_WORDS] = record.meta.length
    this.bytes.set(record.meta, (at + 2 + HASH_WORDS) * 4)
    for (let i = 0; i < this.stores; i++) {
      const storeAt = at + STORES_AT + i * (1 + HASH_WORDS)
      words[storeAt] = record.roots[i] as number
      this.bytes.write(record.hashes[i] as HashText, (storeAt + 1) * 4, 'latin1')
    }
    Atomics.store(words, at, record.version)
    if (this.floor === 0) Atomics.store(words, FLOOR, record.version)
    Atomics.store(words, LATEST, record.version)
  }

  /** Writer: stops offering versions below `floor`. */
  withdraw(floor: number): void {
    Atomics.store(this.words, FLOOR, floor)
  }

  /** The record of an offered version; undefined if it was overwritten meanwhile. */
  read(version: number): VersionRecord | undefined {
    const { words, bytes } = this
    const at = this.recordAt(version)
    if (Atomics.load(words, at) !== version) return undefined
    const roots: number[] = []
    const hashes: HashText[] = []
    const appHash = bytes.toString('latin1', (at + 1) * 4, (at + 1 + HASH_WORDS) * 4)
    const metaAt = (at + 2 + HASH_WORDS) * 4
    const meta = new Uint8Array(bytes.subarray(metaAt, metaAt + (words[at + 1 + HASH_WORDS] as number)))
    for (let i = 0; i < this.stores; i++) {
      const storeAt = at + STORES_AT + i * (1 + HASH_WORDS)
      roots.push(words[storeAt] as number)
      hashes.push(bytes.toString('latin1', (storeAt + 1) * 4, (storeAt + 1 + HASH_WORDS) * 4))
    }
    // A read-modify-write, so that the plain reads above cannot move behind it.
    return Atomics.compareExchange(words, at, version, version) === version
      ? { version, appHash, meta, roots, hashes }
      : undefined
  }

  /** Reader: takes a pin; the caller must check {@link floor} afterwards. Undefined if all are taken. */
  takePin(version: number, limitMs: number, reader: number): Pin | undefined {
    const token = Atomics.add(this.words, LAST_TOKEN, 1) & 0x7fffffff || 1 // positive, also after 2^31 pins
    for (let pin = 0; pin < PINS; pin++) {
      const at = PINS_AT + pin * PIN_WORDS
      if (Atomics.compareExchange(this.words, at, 0, token) !== 0) continue
      Atomics.store(this.words, at + 2, limitMs)
      Atomics.store(this.words, at + 3, reader)
      Atomics.store(this.words, at + 1, version)
      return { at, token }
    }
    return undefined
  }

  /** Reader: whether everything read until now was read under the pin. */
  holds(pin: Pin): boolean {
    return Atomics.compareExchange(this.words, pin.at, pin.token, pin.token) === pin.token
  }

  /** Reader: gives the pin back, broken or not; a second time does nothing. */
  releasePin(pin: Pin): void {
    const owner = Atomics.load(this.words, pin.at)
    if (owner !== pin.token && owner !== -pin.token) return
    Atomics.store(this.words, pin.at + 1, 0)
    Atomics.store(this.words, pin.at, 0)
  }

  /** Writer: all unbroken pins. */
  pins(): { pin: Pin; version: number; limitMs: number; reader: number }[] {
    const found = []
    for (let i = 0; i < PINS; i++) {
      const at = PINS_AT + i * PIN_WORDS
      const token = Atomics.load(this.words, at)
      const version = Atomics.load(this.words, at + 1)
      if (token <= 0 || version === 0) continue
      const [limitMs, reader] = [Atomics.load(this.words, at + 2), Atomics.load(this.words, at + 3)]
      found.push({ pin: { at, token }, version, limitMs, reader })
    }
    return found
  }

  /** Writer: breaks a pin; what it protected may be reused from now on. */
  breakPin(pin: Pin): void {
    Atomics.compareExchange(this.words, pin.at, pin.token, -pin.token)
  }

  /** Writer: frees every pin of a reader that is gone. */
  freeReader(reader: number): void {
    for (let i = 0; i < PINS; i++) {
      const at = PINS_AT + i * PIN_WORDS
      if (Atomics.load(this.words, at + 3) !== reader) continue
      Atomics.store(this.words, at + 1, 0)
      Atomics.store(this.words, at, 0)
    }
  }

  private recordAt(version: number): number {
    return PINS_AT + PINS * PIN_WORDS + (version % this.ring) * recordWords(this.stores)
  }
}

/** A held pin: its place in the block and the token that stands there as long as it is valid. */
export interface Pin {
  readonly at: number
  readonly token: number
}

function recordWords(stores: number): number {
  return STORES_AT + stores * (1 + HASH_WORDS)
}

import { utf8 } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'

/** A stream of numbers that follows from its seed alone (xoshiro128**, Blackman and Vigna 2018). */
export class Random {
  readonly #state: Uint32Array

  constructor(seed: string) {
    this.#state = new Uint32Array(sha256(utf8(seed)).slice(0, 16).buffer)
  }

  /** 32 bits, from 0. */
  bits(): number {
    const s = this.#state as unknown as [number, number, number, number]
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0
    const shifted = s[1] << 9
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= shifted
    s[3] = rotate(s[3], 11)
    return result
  }

  /** From 0 up to `count`, without it. */
  below(count: number): number {
    return Math.floor((this.bits() / 2 ** 32) * count)
  }

  /** From `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.bits() / 2 ** 32 < probability
  }

  pick<T>(list: readonly T[]): T {
    const { length } = list
    if (length === 0) throw new RangeError('nothing to pick from')
    return list[this.below(length)] as T
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }

  shuffled<T>(list: readonly T[]): T[] {
    const copy = [...list]
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      ;[copy[i], copy[j]] = [copy[j] as T, copy[i] as T]
    }
    return copy
  }
}

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by))

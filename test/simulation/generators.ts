import type { Chain } from '../../src/kernel/chain.ts'
import { registrationMessages } from './messages/asset.ts'
import { managementMessages } from './messages/asset-manage.ts'
import { takeoverMessages } from './messages/asset-takeover.ts'
import { bankMessages } from './messages/bank.ts'
import { chainMessages } from './messages/chain.ts'
import type { Draft, Generator, World } from './world.ts'

const ALL: Readonly<Record<string, readonly [weight: number, Generator]>> = {
  ...bankMessages,
  ...chainMessages,
  ...registrationMessages,
  ...managementMessages,
  ...takeoverMessages,
}

/** Draws messages of all the types of a chain, each by its weight. */
export class Generators {
  readonly #types: readonly (readonly [weight: number, Generator])[]
  readonly #total: number

  /** Throws if the chain has a message that nothing here makes, or the other way round. */
  constructor(chain: Chain, all: typeof ALL = ALL) {
    const known = Object.keys(all)
    const served = [...chain.messages.values()].map(({ request }) => request.$type)
    const missing = served.filter((type) => !known.includes(type))
    if (missing.length > 0) throw new Error(`no generator in test/simulation makes ${missing.join(', ')}`)
    const unknown = known.filter((type) => !served.includes(type))
    if (unknown.length > 0) throw new Error(`generators of messages no module serves: ${unknown.join(', ')}`)
    this.#types = Object.values(all)
    this.#total = this.#types.reduce((sum, [weight]) => sum + weight, 0)
  }

  /** A message of some type for which there is something to do. */
  next(world: World): Draft {
    for (;;) {
      let at = (world.random.bits() / 2 ** 32) * this.#total
      const found = this.#types.find(([weight]) => {
        at -= weight
        return at < 0
      })
      const made = found?.[1](world)
      if (made !== undefined) return made
    }
  }
}

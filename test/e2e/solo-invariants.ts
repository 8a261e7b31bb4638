import { join } from 'node:path'
import { chain } from '#modules/chain.ts'
import { decodeMeta } from '../../src/app/state.ts'
import { brokenInvariant } from '../../src/kernel/chain.ts'
import { Context } from '../../src/kernel/context.ts'
import { Overlay } from '../../src/store/overlay.ts'
import { openStorage } from '../../src/store/storage.ts'

/** The first broken invariant of the state in a home whose node is stopped. */
export async function brokenInvariantsOf(home: string): Promise<string | undefined> {
  const storage = await openStorage(join(home, 'data/app'), chain.stores)
  try {
    const { time, chainId } = decodeMeta(storage.meta)
    const { slots, subscriptions } = chain
    const height = BigInt(storage.version)
    const store = new Overlay(storage)
    return brokenInvariant(new Context({ store, slots, subscriptions, height, time, chainId }), chain)
  } finally {
    await storage.close()
  }
}

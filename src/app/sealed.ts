/**
 * The third fence of determinism: while a block executes, the clock and chance are not there, neither for our code
 * nor for a library's. Possible because execution is synchronous: nothing else runs on this thread meanwhile.
 */
import { AssertionError } from '../kernel/errors.ts'

const refuse = (what: string) => (): never => {
  throw new AssertionError(`${what} was used while a block executed: validators would disagree`)
}

// biome-ignore lint/style/noRestrictedGlobals: this file takes away what the rule forbids
const host = globalThis as unknown as { Date: unknown; Math: { random: () => number } }
// The target is a class, because only what can be constructed has its construction trapped.
const noDate = new Proxy(class {}, {
  get: refuse('Date'),
  apply: refuse('Date'),
  construct: refuse('Date'),
})
const noRandom = refuse('Math.random')
let depth = 0

/** Runs `work` without clock and chance, and gives both back whatever happens. May be nested. */
export function sealed<T>(work: () => T): T {
  if (depth > 0) return work()
  const { Date: realDate } = host
  const realRandom = host.Math.random
  depth++
  host.Date = noDate
  host.Math.random = noRandom
  try {
    return work()
  } finally {
    host.Date = realDate
    host.Math.random = realRandom
    depth--
  }
}

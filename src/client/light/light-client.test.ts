/** The light client and a node that is honest. */
import { describe, expect, test } from 'vitest'
import { LightClient } from './light-client.ts'
import { Chain, fixed, HEIGHT, rotating, type SetAt, signer } from './light-testkit.ts'

describe('an honest node', () => {
  test('shows a later header in one step while the validators stay', async () => {
    const chain = new Chain(fixed)
    const light = new LightClient(chain, chain.trust(1))
    expect(await light.header()).toMatchObject({ height: HEIGHT, appHash: chain.header(HEIGHT).appHash })
    expect(chain.asked).toEqual({ headers: 2, sets: 1 })
    expect((await light.header(20)).height).toBe(20)
    expect((await light.header(HEIGHT)).height).toBe(HEIGHT)
    expect(chain.asked).toEqual({ headers: 3, sets: 1 })
  })

  test('shows headers between where too few of the trusted validators are left', async () => {
    const chain = new Chain(rotating)
    const light = new LightClient(chain, chain.trust(1))
    expect((await light.header()).height).toBe(HEIGHT)
    // The trusted, the newest, and some of the 38 between: halves of the way, not each of them.
    expect(chain.asked.headers).toBeGreaterThan(3)
    expect(chain.asked.headers).toBeLessThan(15)
  })

  test('shows every header where all validators change at once, each named by the one before', async () => {
    const chain = new Chain((height) => ['a', 'b', 'c', 'd'].map((name) => signer(`${name}${height >> 2}`)))
    const light = new LightClient(chain, chain.trust(1))
    expect((await light.header()).height).toBe(HEIGHT)
  })

  test('is asked once where many ask for the same', async () => {
    const chain = new Chain(fixed)
    const light = new LightClient(chain, chain.trust(1))
    await Promise.all(Array.from({ length: 20 }, () => light.header(30)))
    expect(chain.asked).toEqual({ headers: 2, sets: 1 })
  })

  test('shows hundreds of headers without all of them being kept', async () => {
    const chain = new Chain(fixed)
    chain.newest = 100
    const light = new LightClient(chain, chain.trust(1))
    for (let height = 2; height <= 100; height++) await light.header(height)
    const { headers } = chain.asked
    await light.header(99)
    await light.header(1)
    expect(chain.asked.headers).toBe(headers)
    await light.header(10)
    expect(chain.asked.headers).toBe(headers + 1)
  })

  test('has a set of more validators than go on one page', async () => {
    const many = Array.from({ length: 150 }, (_, i) => signer(`many ${i}`))
    const chain = new Chain(() => many)
    const light = new LightClient(chain, chain.trust(1))
    expect((await light.header(3)).height).toBe(3)
    expect(chain.asked.sets).toBe(2)
  })

  test('needs more than two thirds of the power, not of the heads', async () => {
    const set: SetAt = () => [signer('whale', 67n), signer('b', 11n), signer('c', 11n), signer('d', 11n)]
    const chain = new Chain(set)
    chain.voters = (_height, index) => index === 0
    expect((await new LightClient(chain, chain.trust(1)).header()).height).toBe(HEIGHT)
  })
})

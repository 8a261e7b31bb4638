/** Every lie about a header has its own reason. */
import type { comet38 } from '@cosmjs/tendermint-rpc'
import { describe, expect, test } from 'vitest'
import { setHash } from './hashes.ts'
import type { LightSource } from './light-block.ts'
import { LightClient, type Trust } from './light-client.ts'
import { bound, Chain, fixed, HEIGHT, reasonOf, START, signer } from './light-testkit.ts'

describe('a header is refused', () => {
  /** A client of a chain, one answer of which is a lie. */
  function lying(
    lie: (answer: comet38.CommitResponse, chain: Chain) => comet38.CommitResponse,
    setAt = fixed,
  ) {
    const chain = new Chain(setAt)
    const source: LightSource = {
      commit: async (height) => {
        const answer = await chain.commit(height)
        return answer.header.height === HEIGHT ? lie(answer, chain) : answer
      },
      validators: (params) => chain.validators(params),
      abciQuery: () => chain.abciQuery(),
    }
    return new LightClient(source, chain.trust(1)).header()
  }

  const withVotes = (
    { commit, ...rest }: comet38.CommitResponse,
    change: (votes: comet38.Commit['signatures']) => comet38.Commit['signatures'],
  ): comet38.CommitResponse => ({ ...rest, commit: { ...commit, signatures: change(commit.signatures) } })

  test('whose fields were changed', async () => {
    const fields = {
      appHash: new Uint8Array(32),
      time: Object.assign(new Date(START), { nanoseconds: 1 }),
      validatorsHash: new Uint8Array(32),
      lastBlockId: null,
      version: { block: 11, app: 2 },
      proposerAddress: new Uint8Array(20),
    }
    for (const [field, value] of Object.entries(fields)) {
      const lie = (answer: comet38.CommitResponse) => ({
        ...answer,
        header: { ...answer.header, [field]: value } as comet38.Header,
      })
      expect(await reasonOf(lying(lie)), field).toBe('header')
    }
  })

  test('of another chain, and of another height', async () => {
    const foreign = (answer: comet38.CommitResponse) => ({
      ...answer,
      header: { ...answer.header, chainId: 'other-1' },
    })
    expect(await reasonOf(lying(foreign))).toBe('chain-id')
    const chain = new Chain(fixed)
    const source = { ...bound(chain), commit: (height?: number) => chain.commit(height === 9 ? 8 : height) }
    expect(await reasonOf(new LightClient(source, chain.trust(1)).header(9))).toBe('height')
  })

  test('of foreign validators, all of whom have signed', async () => {
    const foreign = ['x', 'y', 'z'].map((name) => signer(name))
    const chain = new Chain(fixed)
    const header = { ...chain.header(HEIGHT), validatorsHash: setHash(foreign) }
    const lie = () => chain.sign(header, foreign)
    const source: LightSource = {
      ...bound(chain),
      commit: async (height) => (height === undefined ? lie() : chain.commit(height)),
      validators: (params) => {
        const set = params.height === HEIGHT ? foreign : fixed(1)
        return new Chain(() => set).validators(params)
      },
    }
    // No trusted validator has signed it; half way down there are honest headers, and next to the last of them a set
    // that this header does not have.
    expect(await reasonOf(new LightClient(source, chain.trust(1)).header())).toBe('validators')
  })

  test('whose validators are not those it names', async () => {
    const chain = new Chain(fixed)
    const others = new Chain(() => ['x', 'y'].map((name) => signer(name)))
    const source = { ...bound(chain), validators: others.validators.bind(others) }
    expect(await reasonOf(new LightClient(source, chain.trust(1)).header())).toBe('validators')
  })

  test('that exactly two thirds have signed', async () => {
    const chain = new Chain(() => ['a', 'b', 'c'].map((name) => signer(name)))
    chain.voters = (height, index) => height < HEIGHT || index < 2
    expect(await reasonOf(new LightClient(chain, chain.trust(1)).header())).toBe('power')
  })

  test('with a vote twice, in the place of another, or with votes left out', async () => {
    expect(
      await reasonOf(lying((answer) => withVotes(answer, (votes) => votes.map(() => votes[0] as never)))),
    ).toBe('vote')
    const moved = (answer: comet38.CommitResponse) => withVotes(answer, (votes) => votes.toReversed())
    expect(await reasonOf(lying(moved))).toBe('vote')
    const fewer = (answer: comet38.CommitResponse) => withVotes(answer, (votes) => votes.slice(0, 3))
    expect(await reasonOf(lying(fewer))).toBe('vote')
  })

  test('with a wrong signature, of another block, or at another time', async () => {
    const change = (part: object) => (answer: comet38.CommitResponse) =>
      withVotes(answer, (votes) => votes.map((vote) => ({ ...vote, ...part })))
    expect(await reasonOf(lying(change({ signature: new Uint8Array(64) })))).toBe('signature')
    expect(await reasonOf(lying(change({ signature: undefined })))).toBe('signature')
    expect(await reasonOf(lying(change({ timestamp: new Date(START) })))).toBe('signature')
    const otherRound = (answer: comet38.CommitResponse) => ({
      ...answer,
      commit: { ...answer.commit, round: 1 },
    })
    expect(await reasonOf(lying(otherRound))).toBe('signature')
  })

  test('that is not later than the trusted one', async () => {
    const early = (answer: comet38.CommitResponse, chain: Chain) =>
      chain.sign({ ...answer.header, time: chain.header(1).time }, fixed(1))
    expect(await reasonOf(lying(early))).toBe('time')
  })

  test('from the future, from too long ago, and after the trusting period', async () => {
    const chain = new Chain(fixed)
    const at = (seconds: number, options: Partial<Trust> = {}) =>
      reasonOf(
        new LightClient(chain, chain.trust(1, { now: () => START + seconds * 1000, ...options })).header(),
      )
    expect(await at(HEIGHT - 9)).toBe('believed')
    expect(await at(HEIGHT - 11)).toBe('future')
    expect(await at(HEIGHT + 301)).toBe('stale')
    expect(await at(HEIGHT + 301, { maxAgeMs: 400_000 })).toBe('believed')
    expect(await at(20, { trustingPeriodMs: 19_000 })).toBe('expired')
  })

  // Callers in JavaScript hand options on that nobody set.
  test('by the defaults where an option is undefined', async () => {
    const chain = new Chain(fixed)
    const unset = { maxClockDriftMs: undefined, maxAgeMs: undefined, trustingPeriodMs: undefined } as object
    const at = (seconds: number) => {
      const now = () => START + seconds * 1000
      return reasonOf(new LightClient(chain, { ...chain.trust(1, { now }), ...unset }).header())
    }
    expect(await at(HEIGHT - 9)).toBe('believed')
    expect(await at(HEIGHT - 11)).toBe('future')
    expect(await at(HEIGHT + 299)).toBe('believed')
    expect(await at(HEIGHT + 301)).toBe('stale')
    const old = (ms: number) => {
      const trust = { ...chain.trust(1, { now: () => START + 1000 + ms }), ...unset }
      return reasonOf(new LightClient(chain, trust).header(2))
    }
    expect(await old(7 * 24 * 3_600_000 - 1)).toBe('believed')
    expect(await old(7 * 24 * 3_600_000)).toBe('expired')
    const clock = { ...chain.trust(1), now: undefined } as unknown as Trust
    // This machine's clock is years from the chain's.
    expect(await reasonOf(new LightClient(chain, clock).header())).toMatch(/^(?:expired|future)$/)
  })

  test.each(['trustingPeriodMs', 'maxAgeMs', 'maxClockDriftMs'] as const)(
    'never by a %s that is no time, which is refused at once',
    (option) => {
      const chain = new Chain(fixed)
      for (const value of [Number.NaN, -1, '10000', {}]) {
        const trust = { ...chain.trust(1), [option]: value } as Trust
        expect(() => new LightClient(chain, trust)).toThrow(`${option} is no number of milliseconds`)
      }
      expect(() => new LightClient(chain, { ...chain.trust(1), [option]: 0 })).not.toThrow()
    },
  )

  test('that is older than one seen before, or a second one of the same height', async () => {
    const chain = new Chain(fixed)
    const light = new LightClient(chain, chain.trust(1))
    await light.header()
    chain.newest = HEIGHT - 1
    expect(await reasonOf(light.header())).toBe('stale')
    chain.newest = HEIGHT
    chain.header = (height) => ({ ...new Chain(fixed).header(height), appHash: new Uint8Array(32) })
    expect(await reasonOf(light.header())).toBe('header')
  })

  test('below the trusted one, and if it is not the trusted one', async () => {
    const chain = new Chain(fixed)
    expect(await reasonOf(new LightClient(chain, chain.trust(10)).header(9))).toBe('height')
    const trust = { ...chain.trust(10), hash: 'ab'.repeat(32) }
    expect(await reasonOf(new LightClient(chain, trust).header())).toBe('trust')
    expect(() => new LightClient(chain, { ...trust, hash: 'abcd' })).toThrow('names no header')
    expect(() => new LightClient(chain, { ...trust, height: 0 })).toThrow('names no header')
  })

  test('with more validators, votes or headers between than there may be', async () => {
    const chain = new Chain(fixed)
    const endless: LightSource = {
      ...bound(chain),
      validators: async (params) => ({ ...(await chain.validators(params)), total: 10_001 }),
    }
    expect(await reasonOf(new LightClient(endless, chain.trust(1)).header())).toBe('limit')
    const empty: LightSource = {
      ...bound(chain),
      validators: async (params) => ({ ...(await chain.validators({ ...params, page: 2 })), total: 5 }),
    }
    expect(await reasonOf(new LightClient(empty, chain.trust(1)).header())).toBe('validators')
    const votes = (answer: comet38.CommitResponse) =>
      withVotes(answer, ([vote]) => Array.from({ length: 10_001 }, () => vote as never))
    expect(await reasonOf(lying(votes))).toBe('limit')
    const strong = new Chain(() => [signer('strong', 2n ** 61n)])
    expect(await reasonOf(new LightClient(strong, strong.trust(1)).header())).toBe('limit')
    const dead = new Chain(() => [signer('a'), signer('dead', 0n)])
    expect(await reasonOf(new LightClient(dead, dead.trust(1)).header())).toBe('validators')
    const restless = new Chain((height) => [signer(`${height}`)])
    restless.newest = 2_000
    expect(await reasonOf(new LightClient(restless, restless.trust(1)).header())).toBe('limit')
  })
})

/** Every list of the chain refuses the page keys of every other, and keys that nobody was given. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MsgCommitRegistration, MsgRegisterAsset, MsgRegisterVersion } from '#gen/wadi/asset/v1/tx.ts'
import { fromBase64, toBase64 } from '#lib/bytes.ts'
import { httpRules, services } from '#lib/reflect.ts'
import type { QueryPool } from '../../src/query/pool.ts'
import { message } from '../../src/testing/types.ts'
import { alice, bob, genesis, queryChain, startPool } from './query-kit.ts'

const coins = [
  { denom: 'awadi', amount: '1000000000000000000000' },
  { denom: 'other', amount: '5' },
]
const metadata = ['awadi', 'other'].map((base) => ({
  ...{ name: base, symbol: base, base, display: base },
  denom_units: [{ denom: base, exponent: 0 }],
}))
const { chain, store } = queryChain(100, {
  ...genesis,
  bank: {
    balances: [alice, bob].map(({ address }) => ({ address, coins })),
    denom_metadata: metadata,
    send_enabled: ['awadi', 'other'].map((denom) => ({ denom, enabled: true })),
  },
})
let pool: QueryPool

const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const content = (byte: number) =>
  ({ scheme: 4, rootDigest: digest(byte), sizeBytes: 1n, fileCount: 1 }) as const
const parent = (assetId: bigint) => ({ assetId, version: 1, relation: 1 }) as const

function registered(slug: string, byte: number, parents: readonly ReturnType<typeof parent>[]) {
  return message(MsgRegisterAsset, {
    controller: alice.address,
    kind: 1,
    slug,
    license: { expression: 'MIT' },
    dataUse: { train: 1, mine: 1, infer: 1 },
    content: content(byte),
    parents,
    derivatives: 1,
  })
}

beforeAll(async () => {
  chain.nextBlock()
  const deliver = (messages: readonly ReturnType<typeof message>[]) =>
    expect(chain.deliver(alice.tx(chain, messages, { gas: 5_000_000n }))).toMatchObject({ code: 0, log: '' })
  deliver([registered('one', 1, []), registered('two', 2, [])])
  // Until then they are provisional, and take no children.
  chain.advanceBlocks(25)
  // 1 and 2 are the parents of 3 and of 4; 1 has a second version.
  deliver([
    registered('three', 3, [parent(1n), parent(2n)]),
    registered('four', 4, [parent(1n), parent(2n)]),
    message(MsgRegisterVersion, {
      controller: alice.address,
      assetId: 1n,
      content: content(5),
      derivatives: 1,
    }),
    ...[6, 7].map((byte) =>
      message(MsgCommitRegistration, { owner: alice.address, commitment: digest(byte) }),
    ),
  ])
  pool = await startPool(store)
})
afterAll(() => pool?.close())

const bank = '/cosmos/bank/v1beta1'
const assets = '/wadi/asset/v1'

/** Lists with two rows or more; those on one line are one list under several names. */
const lists: readonly (readonly string[])[] = [
  ['/cosmos/auth/v1beta1/accounts'],
  [`${bank}/balances/${alice.address}`, `${bank}/spendable_balances/${alice.address}`],
  [`${bank}/balances/${bob.address}`, `${bank}/spendable_balances/${bob.address}`],
  [`${bank}/supply`],
  [`${bank}/denoms_metadata`],
  [`${bank}/denom_owners/awadi`, `${bank}/denom_owners_by_query?denom=awadi`],
  [`${bank}/denom_owners/other`, `${bank}/denom_owners_by_query?denom=other`],
  [`${bank}/send_enabled`],
  [`${assets}/assets`],
  [`${assets}/controllers/${alice.address}/assets`],
  [`${assets}/creators/${alice.address}/assets`],
  [`${assets}/kinds/1/assets`],
  [`${assets}/assets/1/versions`],
  [`${assets}/provisional_versions`],
  [`${assets}/assets/3/versions/1/parents`],
  [`${assets}/assets/4/versions/1/parents`],
  [`${assets}/assets/1/versions/1/children`],
  [`${assets}/assets/3/versions/1/ancestors`],
  [`${assets}/assets/4/versions/1/ancestors`],
  [`${assets}/assets/1/versions/1/descendants`],
  [`${assets}/owners/${alice.address}/commitments`],
]

async function page(list: string, parameters: string) {
  const url = `${pool.restUrl}${list}${list.includes('?') ? '&' : '?'}pagination.limit=1${parameters}`
  const response = await fetch(url)
  const json = (await response.json()) as { pagination?: { next_key: string | null }; message?: string }
  return { status: response.status, json, key: json.pagination?.next_key ?? undefined }
}

const withKey = (key: string): string => `&pagination.key=${encodeURIComponent(key)}`

async function firstKey(list: string): Promise<string> {
  const { status, key, json } = await page(list, '')
  expect([list, status, json.message]).toEqual([list, 200, undefined])
  return key ?? expect.fail(`${list} has one row only`)
}

async function expectRefused(list: string, key: string): Promise<void> {
  for (const reverse of list.includes('cestors') || list.includes('descend')
    ? ['']
    : ['', '&pagination.reverse=true']) {
    const { status, json } = await page(list, withKey(key) + reverse)
    expect([list, key, status]).toEqual([list, key, 400])
    expect(json.message).toMatch(
      /^pagination\.key (?:does not belong to this list|of \d+ bytes is not a key)/,
    )
  }
}

test('every query of the state that has pages is among the lists below', () => {
  const paged = [...services()]
    .filter(({ typeName }) => typeName.endsWith('.Query'))
    .flatMap(({ methods }) => methods)
    .filter(({ input }) => input.fields.some(({ name }) => name === 'pagination'))
    .flatMap(httpRules)
    .map(({ path }) => path)
  const covered = lists.flat().map((list) => list.split('?')[0] ?? '')
  for (const path of paged) {
    const form = new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`)
    expect(
      covered.filter((list) => form.test(list)),
      path,
    ).not.toEqual([])
  }
})

test('a key goes on in its own list, and in no other', async () => {
  const keys = await Promise.all(lists.map(([list = '']) => firstKey(list)))
  for (const [i, names] of lists.entries()) {
    for (const name of names) {
      const { status, json } = await page(name, withKey(keys[i] as string))
      expect([name, status, json.message]).toEqual([name, 200, undefined])
      await Promise.all(keys.filter((_, other) => other !== i).map((key) => expectRefused(name, key)))
    }
  }
})

test('a key that was changed, cut, lengthened or made up is refused', async () => {
  for (const list of lists.flat()) {
    const key = fromBase64(await firstKey(list))
    const damaged = [
      ...[0, key.length >> 1, key.length - 1].map((at) =>
        key.map((byte, i) => (i === at ? byte ^ 0x40 : byte)),
      ),
      ...[key.subarray(0, -1), key.subarray(1), key.subarray(8), key.subarray(0, 8)],
      ...[Uint8Array.of(...key, 0), Uint8Array.of(0), Uint8Array.of(255), new Uint8Array(28)],
    ]
    for (const bytes of damaged) await expectRefused(list, toBase64(bytes))
  }
})

/** What clients prove by single keys is what the modules' own queries answer. */
import { describe, expect, test } from 'vitest'
import { MsgCommitRegistration, MsgRegisterAsset } from '#gen/wadi/asset/v1/tx.ts'
import { addressText, moduleAddress } from '#lib/address.ts'
import { toByteString, toHex } from '#lib/bytes.ts'
import { chain } from '#modules/chain.ts'
import { provenValue } from '../../src/client/light/ics23.ts'
import type { ProvenState } from '../../src/client/light/proven-state.ts'
import { verifiedReads } from '../../src/client/light/verified-reads.ts'
import { queryServices } from '../../src/client/services.ts'
import { StoreReader } from '../../src/store/reader.ts'
import { TestAccount, testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { MemoryState } from '../../src/testing/memory-state.ts'
import { message, type PackedMessage } from '../../src/testing/types.ts'
import { outcome, send, wadiChain } from '../support/wadi-chain.ts'

const { alice, bob } = testAccounts('alice', 'bob')
const nobody = new TestAccount('nobody')
const digest = new Uint8Array(32).fill(7)

/** A chain with coins, assets and a commitment on it, and its committed state as a client sees it: proven. */
function world(): { app: TestChain; proven: () => ProvenState } {
  const state = new MemoryState(chain.stores)
  const coins = {
    [alice.address]: ['awadi', 'other/coin'].map((denom) => ({ denom, amount: '900000000000000000000' })),
  }
  const app = wadiChain({ state, accounts: [alice, bob], coins })
  const deliver = (...messages: PackedMessage[]) => {
    for (const each of messages) expect(outcome(app.deliver(alice.tx(app, [each])))).toBe('ok')
  }
  deliver(
    send(alice, bob, 5n, 'other/coin'),
    message(MsgRegisterAsset, {
      controller: alice.address,
      kind: 1,
      slug: 'model',
      license: { expression: 'MIT' },
      dataUse: { train: 1, mine: 1, infer: 1 },
      content: { scheme: 4, rootDigest: digest, sizeBytes: 1n, fileCount: 1 },
      derivatives: 1,
    }),
    message(MsgCommitRegistration, { owner: alice.address, commitment: digest }),
  )
  const proven = (): ProvenState => {
    const pinned = new StoreReader(state.store.reader()).pin(app.height)
    if (typeof pinned === 'string') throw new Error(pinned)
    return {
      height: app.height,
      get: async (store, key) => {
        const slot = chain.stores.indexOf(store)
        const value = state.get(slot, toByteString(key)) ?? new Uint8Array()
        return provenValue([...pinned.proof(slot, toByteString(key))], store, key, value, state.appHash)
      },
    }
  }
  return { app, proven }
}

/** What a query answers, or how it refuses. */
async function answered(work: () => unknown): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    const { codespace, code, log, message: text } = error as Record<string, unknown>
    return { codespace, code, log: log ?? text }
  }
}

describe('a verified read answers as the query of its module', () => {
  const { address } = alice
  const commitment = toHex(digest)
  test.each<[keyof typeof queryServices, string, object]>([
    ['auth', 'account', { address }],
    ['auth', 'account', { address: nobody.address }],
    ['auth', 'accountInfo', { address }],
    ['auth', 'accountInfo', { address: nobody.address }],
    ['auth', 'params', {}],
    ['bank', 'balance', { address, denom: 'awadi' }],
    ['bank', 'balance', { address, denom: 'other/coin' }],
    ['bank', 'balance', { address: nobody.address, denom: 'awadi' }],
    ['bank', 'spendableBalanceByDenom', { address, denom: 'awadi' }],
    ['bank', 'supplyOf', { denom: 'awadi' }],
    ['bank', 'supplyOf', { denom: 'none' }],
    ['bank', 'denomMetadata', { denom: 'awadi' }],
    ['bank', 'denomMetadata', { denom: 'none' }],
    ['bank', 'params', {}],
    ['asset', 'asset', { assetId: 1n }],
    ['asset', 'asset', { assetId: 2n }],
    ['asset', 'asset', { assetId: 2n ** 64n - 1n }],
    ['asset', 'commitment', { owner: address, commitment }],
    ['asset', 'commitment', { owner: nobody.address, commitment }],
    ['asset', 'params', {}],
  ])('%s.%s %o', async (module, method, request) => {
    const { app, proven } = world()
    const service = queryServices[module]
    const definition = (
      service.methods as Record<string, { name: string; requestType: { fromPartial(part: object): object } }>
    )[method]
    if (definition === undefined) throw new Error(`no ${module}.${method}`)
    const read = verifiedReads.get(`/${service.fullName}/${definition.name}`)
    const own = await answered(() => app.query(service as never, method as never, request as never))
    const verified = await answered(() =>
      read?.(proven(), definition.requestType.fromPartial(request) as never),
    )
    expect(verified).toEqual(own)
  })

  test('also for a module account', async () => {
    const { app, proven } = world()
    const escrow = addressText(moduleAddress('asset'))
    for (const [method, path] of [
      ['account', '/cosmos.auth.v1beta1.Query/Account'],
      ['accountInfo', '/cosmos.auth.v1beta1.Query/AccountInfo'],
    ] as const) {
      const own = app.query(queryServices.auth, method, { address: escrow })
      expect(await verifiedReads.get(path)?.(proven(), { address: escrow } as never)).toEqual(own)
    }
  })

  test('also while an asset is provisional and once its time has come', async () => {
    const { app, proven } = world()
    const read = verifiedReads.get('/wadi.asset.v1.Query/Asset')
    const seen = new Set<number | undefined>()
    for (let block = 0; block < 25; block++) {
      const own = app.query(queryServices.asset, 'asset', { assetId: 1n })
      expect(await read?.(proven(), { assetId: 1n } as never)).toEqual(own)
      seen.add(own.asset?.status)
      app.advanceBlocks(1)
    }
    expect(seen.size).toBe(2)
  })

  test('refuses a request that names nothing', async () => {
    const { proven } = world()
    const balance = verifiedReads.get('/cosmos.bank.v1beta1.Query/Balance')
    await expect(balance?.(proven(), { address, denom: '' } as never)).rejects.toThrow('denom is missing')
    await expect(balance?.(proven(), { address: 'wadi1x', denom: 'awadi' } as never)).rejects.toThrow(
      'invalid address',
    )
    const commitment = verifiedReads.get('/wadi.asset.v1.Query/Commitment')
    const request = { owner: address, commitment: 'abc' } as never
    await expect(commitment?.(proven(), request)).rejects.toThrow('is not 64 hexadecimal digits')
  })
})

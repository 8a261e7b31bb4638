import { beforeEach, expect, test } from 'vitest'
import { TxMsgData } from '#gen/cosmos/base/abci/v1beta1/abci.ts'
import { QueryDefinition } from '#gen/wadi/asset/v1/query.ts'
import {
  MsgAddLineage,
  MsgCommitRegistration,
  MsgRegisterAsset,
  MsgRegisterAssetResponse,
  MsgRegisterReference,
} from '#gen/wadi/asset/v1/tx.ts'
import { VersionStatus } from '#gen/wadi/asset/v1/types.ts'
import { chain } from '#modules/chain.ts'
import { TestAccount } from '../../src/testing/accounts.ts'
import { TestChain } from '../../src/testing/chain.ts'
import { message } from '../../src/testing/types.ts'
import { digestOf, saltOf } from '../../test/support/registry.ts'
import { commitmentHash } from './api.ts'

/*
 * The registry in the whole chain: signed transactions, blocks, commits, a restart and an export. What the rules are
 * is tested beside them.
 */

const alice = new TestAccount('alice')
const bob = new TestAccount('bob', 'ethsecp256k1')
let node: TestChain

const content = (text: string) =>
  ({ scheme: 1, rootDigest: digestOf(text), sizeBytes: 7n, fileCount: 1 }) as const
const asset = (who: TestAccount, slug: string, more: object = {}) =>
  message(MsgRegisterAsset, {
    controller: who.address,
    kind: 1,
    slug,
    license: { expression: 'Apache-2.0' },
    dataUse: { train: 1, mine: 1, infer: 1 },
    content: content(slug),
    derivatives: 1,
    ...more,
  })
const version = (assetId: bigint) => node.query(QueryDefinition, 'version', { assetId, version: 1 })

beforeEach(() => {
  const coins = [{ denom: 'awadi', amount: `${10n ** 21n}` }]
  const balances = [alice, bob].map(({ address }) => ({ address, coins }))
  const accounts = [alice, bob].map(({ address }, i) => ({
    '@type': '/cosmos.auth.v1beta1.BaseAccount',
    address,
    account_number: `${i}`,
  }))
  const genesis = { system: { authority: alice.address }, auth: { accounts }, bank: { balances } }
  node = TestChain.create(chain, { genesis })
  node.nextBlock()
})

test('an asset is committed to, registered and found again, before and after a restart', () => {
  const commitment = commitmentHash(node.chainId, alice.address, digestOf('model'), saltOf('model'))
  const committed = node.deliver(
    alice.tx(node, [message(MsgCommitRegistration, { owner: alice.address, commitment })]),
  )
  expect([committed.code, committed.log]).toEqual([0, ''])
  node.advanceBlocks(20)
  const result = node.deliver(alice.tx(node, [asset(alice, 'model', { claimSalt: saltOf('model') })]))
  expect([result.code, result.log]).toEqual([0, ''])
  const [response] = TxMsgData.decode(result.data).msgResponses
  const { assetId, status } = MsgRegisterAssetResponse.decode(response?.value ?? new Uint8Array())
  expect([assetId, status]).toEqual([1n, VersionStatus.VERSION_STATUS_ACTIVE])
  const found = version(1n)
  node.restart()
  expect(version(1n)).toEqual(found)
})

test('events carry the digest in hexadecimal digits, as it is searched for', () => {
  const { events } = node.deliver(alice.tx(node, [asset(alice, 'model')]))
  const registered = events.find(({ type }) => type === 'wadi.asset.v1.EventVersionRegistered')
  const attributes = registered?.attributes ?? []
  expect(attributes[attributes.indexOf('root_digest') + 1]).toBe(
    `"${Buffer.from(digestOf('model')).toString('hex')}"`,
  )
})

test('a late link needs the signatures of both controllers, whatever their kinds of keys', () => {
  node.nextBlock([
    alice.tx(node, [asset(alice, 'base', { derivatives: 3 })]),
    bob.tx(node, [asset(bob, 'child')]),
  ])
  node.advanceBlocks(20)
  const link = message(MsgAddLineage, {
    ...{ controller: bob.address, parentController: alice.address, assetId: 2n, version: 1 },
    parent: { assetId: 1n, version: 1, relation: 1 },
  })
  expect(node.deliver(bob.tx(node, [link])).code).not.toBe(0)
  expect(version(2n).parents).toEqual([])
  const both = node.deliver(bob.tx(node, [link], { cosigners: [alice] }))
  expect([both.code, both.log]).toEqual([0, ''])
  expect(version(2n).parents).toMatchObject([{ assetId: 1n }])
})

test('of two in one block the committed one stays, in whichever order they stand', () => {
  const commitment = commitmentHash(node.chainId, alice.address, digestOf('model'), saltOf('model'))
  node.deliver(alice.tx(node, [message(MsgCommitRegistration, { owner: alice.address, commitment })]))
  node.nextBlock()
  const copy = bob.tx(node, [asset(bob, 'copy', { content: content('model') })])
  const { results } = node.nextBlock([
    copy,
    alice.tx(node, [asset(alice, 'model', { claimSalt: saltOf('model') })]),
  ])
  expect(results.map(({ code }) => code)).toEqual([0, 0])
  const rootDigest = Buffer.from(digestOf('model')).toString('hex')
  expect(node.query(QueryDefinition, 'versionByDigest', { rootDigest }).asset?.controller).toBe(alice.address)
  expect(version(1n).version?.status).toBe(VersionStatus.VERSION_STATUS_VOID)
})

test('a refusal names the registry’s code, and its text says the field and the value', () => {
  const { code, codespace, log } = node.deliver(alice.tx(node, [asset(alice, 'Model')]))
  expect([code, codespace]).toEqual([6, 'asset'])
  expect(log).toContain('slug "Model", expected [a-z0-9][a-z0-9-]* of at most 64 bytes')
})

test('a registration of 64 parents with four locators fits two million gas', () => {
  const { address: registrant } = alice
  const references = Array.from({ length: 64 }, (_, i) => `base-${i}`).map((slug) =>
    message(MsgRegisterReference, {
      ...{ registrant, kind: 1, slug, license: { expression: 'NOASSERTION' }, content: content(slug) },
    }),
  )
  const made = node.deliver(alice.tx(node, references, { gas: 50_000_000n }))
  expect([made.code, made.log]).toEqual([0, ''])
  node.advanceBlocks(20)
  const parents = references.map((_, i) => ({ assetId: BigInt(i + 1), version: 1, relation: 4 }))
  const locators = [1, 2, 3, 4].map((i) => `https://example.org/${'a'.repeat(230)}/${i}`)
  const child = node.deliver(
    alice.tx(node, [asset(alice, 'child', { parents, locators })], { gas: 2_000_000n }),
  )
  expect([child.code, child.log]).toEqual([0, ''])
})

test('exported and imported, the chain has the same state', () => {
  node.deliver(alice.tx(node, [asset(alice, 'base')]))
  node.advanceBlocks(20)
  node.deliver(bob.tx(node, [asset(bob, 'child', { parents: [{ assetId: 1n, version: 1, relation: 1 }] })]))
  const copy = TestChain.create(chain, { genesis: node.exportGenesis() })
  copy.nextBlock()
  expect(copy.exportGenesis()['asset']).toEqual(node.exportGenesis()['asset'])
})

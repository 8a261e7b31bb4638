/** Verified reads through a real node that lies: each lie is refused, and says why. */
import { DirectSecp256k1HdWallet } from '@cosmjs/proto-signing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addressText } from '#lib/address.ts'
import { toBase64 } from '#lib/bytes.ts'
import { WadiClient } from '../../src/client/client.ts'
import { VerificationError, VerifyUnsupportedError } from '../../src/client/light/errors.ts'
import type { Trust } from '../../src/client/light/light-client.ts'
import { SigningWadiClient } from '../../src/client/signing.ts'
import { type Call, type LyingNode, startLyingNode } from '../support/rpc-proxy.ts'
import { type Devnet, startDevnet } from './devnet-kit.ts'

let net: Devnet
let node: LyingNode
let trust: Trust
let honest: WadiClient
let alice = ''
let bob = ''
/** Height of a payment by alice. */
let paidAt = 0
/** Nobody has it. */
const nobody = addressText('\0'.repeat(20))

beforeAll(async () => {
  net = await startDevnet()
  node = await startLyingNode(net.rpc)
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(net.mnemonic, { prefix: 'wadi' })
  const client = await SigningWadiClient.connectWithSigner(net.rpc, wallet)
  alice = net.accounts[0]?.address as string
  bob = net.accounts[1]?.address as string
  trust = await client.headerToTrust()
  const { tx } = client
  await client.signAndBroadcast(alice, [
    tx.asset.registerAsset({
      controller: alice,
      kind: 1,
      slug: 'proven',
      license: { expression: 'MIT' },
      dataUse: { train: 1, mine: 1, infer: 1 },
      content: { scheme: 4, rootDigest: new Uint8Array(32).fill(1), sizeBytes: 1n, fileCount: 1 },
      derivatives: 1,
    }),
  ])
  const sent = await client.signAndBroadcast(alice, [
    tx.bank.send({ fromAddress: alice, toAddress: bob, amount: [{ denom: 'awadi', amount: '7' }] }),
  ])
  paidAt = sent.height
  client.disconnect()
  honest = await WadiClient.connect(net.rpc, { trust })
  // State after a block is proven by the next block's header.
  while ((await honest.height()) <= sent.height) await new Promise((done) => setTimeout(done, 50))
}, 120_000)
afterAll(async () => {
  honest?.disconnect()
  await node?.close()
  await net?.stop()
})
beforeEach(() => {
  node.lie = () => undefined
  node.calls.clear()
})

/** A client that asks the liar, and trusts one header of the chain. */
const client = (options: Partial<Trust> = {}) =>
  WadiClient.connect(node.url, { trust: { ...trust, ...options } })

/** Reads a balance through the liar, verified; the reason of its refusal. */
async function reasonOf(options: Partial<Trust> = {}, address = alice): Promise<string> {
  const reader = await client(options)
  try {
    await reader.query.bank.balance({ address, denom: 'awadi' }, { verify: true })
    return 'believed'
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error
    return error.reason
  } finally {
    reader.disconnect()
  }
}

describe('an honest node', () => {
  test('proves balances, accounts and assets, present and absent', async () => {
    const reader = await client()
    const verify = { verify: true }
    const at = (await honest.height()) - 2
    for (const address of [alice, bob, nobody]) {
      const request = { address, denom: 'awadi' }
      const proven = await reader.query.bank.balance(request, { ...verify, height: at })
      expect(proven).toEqual(await honest.query.bank.balance(request, { height: at }))
    }
    expect((await reader.query.asset.asset({ assetId: 1n }, verify)).asset?.slug).toBe('proven')
    await expect(reader.query.asset.asset({ assetId: 99n }, verify)).rejects.toMatchObject({
      name: 'QueryError',
      codespace: 'asset',
      code: 2,
    })
    expect((await reader.query.auth.accountInfo({ address: alice }, verify)).info?.sequence).toBe(2n)
    await expect(reader.query.auth.account({ address: nobody }, verify)).rejects.toThrow('not found')
  })

  test('is asked three things for the first read, and once for each more at the same height', async () => {
    const reader = await client()
    const height = (await honest.height()) - 2
    const read = () => reader.query.bank.supplyOf({ denom: 'awadi' }, { verify: true, height })
    await read()
    // The trusted header, its validators, the header of the height after, and the value.
    expect(Object.fromEntries(node.calls)).toEqual({ commit: 2, validators: 1, abci_query: 1 })
    node.calls.clear()
    await Promise.all([read(), read(), read()])
    expect(Object.fromEntries(node.calls)).toEqual({ abci_query: 3 })
  })

  test('is not asked for what cannot be proven, nor by a client that trusts nothing', async () => {
    const reader = await client()
    const list = reader.query.asset.assets({}, { verify: true })
    await expect(list).rejects.toBeInstanceOf(VerifyUnsupportedError)
    await expect(list).rejects.toThrow('bank.Balance')
    const naive = await WadiClient.connect(node.url)
    await expect(naive.query.bank.params({}, { verify: true })).rejects.toThrow('trusts no header')
    expect(node.calls.size).toBe(0)
  })
})

/** Changes the answers to one method. */
const lieAbout = (method: string, change: (result: Call['result'], call: Call) => unknown) => {
  node.lie = (call) => (call.method === method ? change(structuredClone(call.result), call) : undefined)
}

describe('a lying node is refused', () => {
  test.each([
    ['app_hash', 'AB'.repeat(32)],
    ['validators_hash', 'AB'.repeat(32)],
    ['next_validators_hash', 'AB'.repeat(32)],
    ['time', '2026-01-01T00:00:00.000000001Z'],
    ['data_hash', 'AB'.repeat(32)],
    ['proposer_address', 'AB'.repeat(20)],
  ])('that changes %s of the header', async (field, value) => {
    lieAbout('commit', (result) => {
      result.signed_header.header[field] = value
      return result
    })
    expect(await reasonOf()).toBe('header')
  })

  test('that shows another chain, or another height than asked for', async () => {
    lieAbout('commit', (result) => {
      result.signed_header.header.chain_id = 'wadi-dev-2'
      return result
    })
    expect(await reasonOf()).toBe('chain-id')
    lieAbout('commit', (_result, { ask }) => ask('commit', { height: '1' }))
    expect(await reasonOf()).toBe('height')
  })

  test('that has another chain from the trusted height on', async () => {
    expect(await reasonOf({ hash: 'ab'.repeat(32) })).toBe('trust')
  })

  test('that shows foreign validators, and too little power', async () => {
    lieAbout('validators', (result) => {
      const key = new Uint8Array(32).fill(9)
      result.validators[0].pub_key.value = toBase64(key)
      return result
    })
    expect(await reasonOf()).toBe('validators')
    lieAbout('validators', (result) => {
      result.validators[0].voting_power = '1'
      return result
    })
    expect(await reasonOf()).toBe('validators')
    lieAbout('commit', (result) => {
      result.signed_header.commit.signatures[0].block_id_flag = 1
      return result
    })
    expect(await reasonOf()).toBe('power')
  })

  test('that signs falsely, or for another block, or counts a vote twice', async () => {
    const signatures = (change: (votes: Record<string, unknown>[]) => unknown) =>
      lieAbout('commit', (result) => {
        result.signed_header.commit.signatures = change(result.signed_header.commit.signatures)
        return result
      })
    signatures(([vote]) => [{ ...vote, signature: toBase64(new Uint8Array(64)) }])
    expect(await reasonOf()).toBe('signature')
    signatures(([vote]) => [vote, vote])
    expect(await reasonOf()).toBe('vote')
    signatures(([vote]) => [{ ...vote, validator_address: 'AB'.repeat(20) }])
    expect(await reasonOf()).toBe('vote')
    lieAbout('commit', (result) => {
      result.signed_header.commit.block_id.parts.hash = 'AB'.repeat(32)
      return result
    })
    expect(await reasonOf()).toBe('signature')
  })

  test('that shows an old header as the newest, and a clock that is behind or far ahead', async () => {
    const { now } = Date
    expect(await reasonOf({ now: () => now() + 400_000 })).toBe('stale')
    expect(await reasonOf({ now: () => now() - 60_000 })).toBe('future')
    expect(await reasonOf({ now: () => now() + 8 * 24 * 3_600_000, maxAgeMs: 1e12 })).toBe('expired')
    const reader = await client()
    const read = () => reader.query.bank.params({}, { verify: true })
    await read()
    const newest = await honest.height()
    lieAbout('commit', (result, { params, ask }) =>
      'height' in params ? result : ask('commit', { height: `${newest - 1}` }),
    )
    while ((await honest.height()) < newest + 1) await new Promise((done) => setTimeout(done, 50))
    node.lie = () => undefined
    await read()
    lieAbout('commit', (_result, { ask }) => ask('commit', { height: `${newest - 1}` }))
    await expect(read()).rejects.toMatchObject({ reason: 'stale' })
  })

  /** Lies about the state. */
  const lieAboutState = (change: (response: Record<string, unknown>, call: Call) => unknown) =>
    lieAbout('abci_query', async (result, call) => {
      await change(result.response, call)
      return result
    })
  const keyOf = async (address: string): Promise<string> => {
    let key = ''
    node.lie = ({ method, params }) => {
      if (method === 'abci_query') key = params['data'] as string
    }
    expect(await reasonOf({}, address)).toBe('believed')
    return key
  }

  test('that changes a value', async () => {
    lieAboutState((response) => {
      response['value'] = toBase64(new TextEncoder().encode('999999999999999999999999999999'))
    })
    expect(await reasonOf()).toBe('proof')
  })

  test('that hides a value, or makes one up', async () => {
    lieAboutState((response) => {
      response['value'] = null
    })
    expect(await reasonOf()).toBe('proof')
    const present = await keyOf(alice)
    const absent = await keyOf(nobody)
    const answerFor = (data: string) =>
      lieAbout('abci_query', async (result, { params, ask }) => {
        const other = await ask('abci_query', { ...params, data })
        return { response: { ...other.response, key: result.response.key } }
      })
    // Present shown absent: with the proof that another key is absent.
    answerFor(absent)
    expect(await reasonOf({}, alice)).toBe('proof')
    // Absent shown present: with the value and proof of somebody else.
    answerFor(present)
    expect(await reasonOf({}, nobody)).toBe('proof')
    expect(await reasonOf({}, bob)).toBe('proof')
  })

  test('that answers from another store, another height, or without proof', async () => {
    lieAbout('abci_query', (_result, { params, ask }) =>
      ask('abci_query', { ...params, path: '/store/asset/key' }),
    )
    expect(await reasonOf()).toBe('proof')
    // From before the payment, under the height that was asked for.
    lieAbout('abci_query', async (result, { params, ask }) => {
      const other = await ask('abci_query', { ...params, height: `${paidAt - 1}` })
      return { response: { ...other.response, height: result.response.height } }
    })
    lieAbout('abci_query', (_result, { params, ask }) =>
      ask('abci_query', { ...params, height: `${Number(params['height']) - 1}` }),
    )
    expect(await reasonOf()).toBe('height')
    lieAbout('abci_query', (_result, { params, ask }) => ask('abci_query', { ...params, prove: false }))
    expect(await reasonOf()).toBe('proof')
  })

  test('that cuts proofs off, or sends far too large ones', async () => {
    type Op = { data: string }
    const changeOp = (index: number, change: (data: Buffer) => Uint8Array) =>
      lieAboutState((response) => {
        const op = (response['proofOps'] as { ops: Op[] }).ops[index] as Op
        op.data = toBase64(change(Buffer.from(op.data, 'base64')))
      })
    for (const index of [0, 1]) {
      changeOp(index, (data) => data.subarray(0, -1))
      expect(await reasonOf()).toBe('proof')
      changeOp(index, () => new Uint8Array((1 << 20) + 1))
      expect(await reasonOf()).toBe('limit')
    }
    lieAboutState((response) => {
      const { ops } = response['proofOps'] as { ops: Op[] }
      ops.push(ops[0] as Op)
    })
    expect(await reasonOf()).toBe('proof')
  })

  test('that says there are more validators than there can be', async () => {
    lieAbout('validators', (result) => ({ ...result, total: '1000000' }))
    expect(await reasonOf()).toBe('limit')
    lieAbout('validators', (result) => ({ ...result, validators: [], total: '5' }))
    expect(await reasonOf()).toBe('validators')
  })
})

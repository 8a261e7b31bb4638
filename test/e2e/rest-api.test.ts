/** A devnet's REST against what it says of itself, and against what Keplr and Ping.pub ask of every chain. */
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from '@cosmjs/proto-signing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { toBase64, toHex } from '#lib/bytes.ts'
import { messages } from '../../src/client/messages.ts'
import { SigningWadiClient } from '../../src/client/signing.ts'
import { misfits, type Schema } from '../support/json-schema.ts'
import { chainInfoProblems } from '../support/keplr-rules.ts'
import { type Devnet, startDevnet, wadi } from './devnet-kit.ts'

let net: Devnet
let client: SigningWadiClient
let alice = ''
let bob = ''
/** A transaction that registered a second asset, derived from the first, and committed to a third. */
let sent: { readonly hash: string; readonly height: number }

const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

const asset = (slug: string, byte: number, parents: readonly { assetId: bigint; version: number }[] = []) =>
  messages.asset.registerAsset({
    controller: alice,
    kind: 1,
    slug,
    license: { expression: 'MIT' },
    dataUse: { train: 1, mine: 1, infer: 1 },
    content: { scheme: 4, rootDigest: digest(byte), sizeBytes: 1n, fileCount: 1 },
    parents: parents.map((parent) => ({ ...parent, relation: 1 })),
    derivatives: 1,
  })

beforeAll(async () => {
  net = await startDevnet()
  const hdPaths = [makeCosmoshubPath(0), makeCosmoshubPath(1)]
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(net.mnemonic, { prefix: 'wadi', hdPaths })
  const [first, second] = await wallet.getAccounts()
  alice = first?.address ?? ''
  bob = second?.address ?? ''
  client = await SigningWadiClient.connectWithSigner(net.rpc, wallet)
  const { height } = await client.signAndBroadcast(alice, [asset('base', 1)])
  // Until then it is provisional, and takes no children.
  while ((await client.height()) < height + 21) await new Promise((resolve) => setTimeout(resolve, 100))
  const result = await client.signAndBroadcast(alice, [
    asset('derived', 2, [{ assetId: 1n, version: 1 }]),
    messages.asset.commitRegistration({ owner: alice, commitment: digest(3) }),
    messages.bank.send({ fromAddress: alice, toAddress: bob, amount: [{ denom: 'awadi', amount: '7' }] }),
  ])
  sent = { hash: result.hash, height: Number(result.height) }
}, 120_000)
afterAll(() => net?.stop())

interface Reply {
  readonly status: number
  readonly json: Record<string, unknown>
}

async function get(path: string, init?: RequestInit): Promise<Reply> {
  const response = await fetch(`${net.rest}${path}`, init)
  return { status: response.status, json: (await response.json()) as Reply['json'] }
}

const ok = async (path: string): Promise<Record<string, unknown>> => {
  const { status, json } = await get(path)
  expect([path, status, json['message']]).toEqual([path, 200, undefined])
  return json
}

describe('the OpenAPI document', () => {
  interface Operation {
    readonly responses: Record<string, { content: { 'application/json': { schema: Schema } } }>
  }
  interface Document {
    readonly paths: Record<string, { get?: Operation }>
  }

  /** What to ask for, by the name of the field. */
  const value = (name: string): string => {
    const values: Record<string, string> = {
      ...{ address: alice, creator: alice, controller: alice, owner: alice, slug: 'base', kind: '1' },
      ...{
        asset_id: '2',
        version: '1',
        seq: '2',
        root_digest: toHex(digest(1)),
        commitment: toHex(digest(3)),
      },
      ...{ denom: 'awadi', hash: sent.hash, height: `${sent.height}`, id: '0', name: 'asset' },
      address_bytes: encodeURIComponent(toBase64(new Uint8Array(20))),
    }
    return values[name] ?? expect.fail(`what is ${name}?`)
  }
  /** Paths that answer nothing without these. */
  const queries: Record<string, string> = {
    '/cosmos/bank/v1beta1/balances/{address}/by_denom': '?denom=awadi',
    '/cosmos/bank/v1beta1/spendable_balances/{address}/by_denom': '?denom=awadi',
    '/cosmos/bank/v1beta1/supply/by_denom': '?denom=awadi',
    '/cosmos/bank/v1beta1/denoms_metadata_by_query_string': '?denom=awadi',
    '/cosmos/bank/v1beta1/denom_owners_by_query': '?denom=awadi',
    '/cosmos/tx/v1beta1/txs': `?query=${encodeURIComponent('message.action EXISTS')}`,
    '/cosmos/base/tendermint/v1beta1/abci_query': '?path=/app/version',
  }
  /** Answered with 501 on purpose; see COMPATIBILITY.md. */
  const refused = ['/cosmos/auth/v1beta1/address_by_id/{id}']

  test('is what the command prints without any node', async () => {
    const { code, stdout } = await wadi(['openapi'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(await ok('/openapi.json'))
  })

  test('describes what every GET path answers', async () => {
    const document = (await ok('/openapi.json')) as unknown as Document
    const gets = Object.entries(document.paths).flatMap(([path, item]) =>
      item.get ? [{ path, ...item.get }] : [],
    )
    expect(gets.length).toBeGreaterThan(50)
    for (const { path, responses } of gets) {
      const url = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => value(name)) + (queries[path] ?? '')
      const { status, json } = await get(url)
      const expected = refused.includes(path) ? 501 : 200
      expect([url, status, json['message']]).toEqual([
        url,
        expected,
        expected === 200 ? undefined : expect.any(String),
      ])
      const described = responses[expected === 200 ? '200' : 'default'] as {
        $ref?: string
        content?: unknown
      }
      if (expected === 200) {
        const { schema } = (described as Operation['responses'][string]).content['application/json']
        expect(misfits(document, schema, json), url).toEqual([])
      } else {
        expect(misfits(document, { $ref: '#/components/schemas/Error' }, json)).toEqual([])
      }
    }
  })
})

describe('searches of transactions', () => {
  const txs = '/cosmos/tx/v1beta1/txs'
  const query = () => `query=${encodeURIComponent(`transfer.recipient='${bob}'`)}`
  const hashes = (json: Record<string, unknown>) =>
    (json['tx_responses'] as { txhash: string }[]).map(({ txhash }) => txhash)
  let all: string[] = []

  beforeAll(async () => {
    const send = (amount: string) =>
      messages.bank.send({ fromAddress: alice, toAddress: bob, amount: [{ denom: 'awadi', amount }] })
    for (const amount of ['1', '2', '3', '4']) await client.signAndBroadcast(alice, [send(amount)])
    const json = await ok(`${txs}?${query()}`)
    all = hashes(json)
    expect([all.length, json['total'], json['pagination']]).toEqual([5, '5', null])
    expect(all[0]).toBe(sent.hash)
  })

  test('go by page and limit, or by the older offset and limit, in both orders', async () => {
    const cases: readonly (readonly [string, string[]])[] = [
      ['limit=2', all.slice(0, 2)],
      ['page=2&limit=2', all.slice(2, 4)],
      ['page=3&limit=2', all.slice(4)],
      ['pagination.limit=2', all.slice(0, 2)],
      ['pagination.limit=2&pagination.offset=2', all.slice(2, 4)],
      // An offset that is no multiple of the limit lies across two pages of CometBFT.
      ['pagination.limit=2&pagination.offset=1', all.slice(1, 3)],
      ['pagination.limit=2&pagination.offset=3', all.slice(3, 5)],
      ['pagination.limit=3&pagination.offset=4', all.slice(4)],
      ['limit=2&order_by=ORDER_BY_DESC', all.toReversed().slice(0, 2)],
      ['pagination.limit=2&pagination.offset=1&order_by=2', all.toReversed().slice(1, 3)],
      ['pagination.limit=2&pagination.count_total=true&order_by=ORDER_BY_ASC', all.slice(0, 2)],
    ]
    for (const [page, expected] of cases) {
      const json = await ok(`${txs}?${query()}&${page}`)
      expect([page, hashes(json), json['total']]).toEqual([page, expected, '5'])
      expect((json['txs'] as unknown[]).length).toBe(expected.length)
    }
  })

  test('take the conditions of older releases, one a parameter', async () => {
    const events = [`transfer.recipient='${bob}'`, `tx.height>${sent.height}`]
    const json = await ok(`${txs}?${events.map((each) => `events=${encodeURIComponent(each)}`).join('&')}`)
    expect([hashes(json), json['total']]).toEqual([all.slice(1), '4'])
  })

  test('find nothing where nothing is', async () => {
    const json = await ok(`${txs}?query=${encodeURIComponent("transfer.recipient='nobody'")}`)
    expect(json).toEqual({ txs: [], tx_responses: [], pagination: null, total: '0' })
  })

  test('are refused beyond the last page, with a key, and with a condition that is none', async () => {
    const refused = async (parameters: string) => (await get(`${txs}?${parameters}`)).status
    expect(await refused(`${query()}&page=4&limit=2`)).toBe(400)
    expect(await refused(`${query()}&pagination.offset=100`)).toBe(400)
    expect(await refused(`${query()}&pagination.key=AQID`)).toBe(400)
    expect(await refused(`${query()}&page=1&pagination.key=AQID`)).toBe(400)
    expect(await refused(`query=${encodeURIComponent('tx.height=')}`)).toBe(400)
    expect(await refused('query=')).toBe(400)
  })

  test('by block answer its transactions and how many there are, also from the end', async () => {
    const json = await ok(`${txs}/block/${sent.height}`)
    expect(json['pagination']).toEqual({ next_key: null, total: '1' })
    expect((json['txs'] as unknown[]).length).toBe(1)
    const reverse = await ok(`${txs}/block/${sent.height}?pagination.reverse=true&pagination.limit=1`)
    expect(reverse['txs']).toEqual(json['txs'])
    for (const page of ['pagination.offset=1', 'pagination.key=AQID', 'pagination.limit=1001'])
      expect([page, (await get(`${txs}/block/${sent.height}?${page}`)).status]).toEqual([page, 400])
  })
})

describe('pages of validators', () => {
  const sets = '/cosmos/base/tendermint/v1beta1/validatorsets'
  test('are refused with a key, and beyond the last', async () => {
    expect((await ok(`${sets}/latest?pagination.limit=100&pagination.offset=0`))['pagination']).toMatchObject(
      {
        total: '1',
      },
    )
    for (const page of ['pagination.key=AQID', 'pagination.offset=100', 'pagination.limit=101'])
      for (const at of ['latest', `${sent.height}`])
        expect([page, (await get(`${sets}/${at}?${page}`)).status]).toEqual([page, 400])
  })
})

// https://github.com/chainapsis/keplr-wallet, packages/chain-validator/src/{connection,feature,schema}.ts
describe('Keplr', () => {
  test('is given chain info that it takes, by the node and by the command', async () => {
    const served = await ok('/keplr/chain-info.json')
    expect(chainInfoProblems(served)).toEqual([])
    expect(served).toMatchObject({ chainId: net.chainId, rest: net.rest, rpc: net.rpc })
    const { code, stdout } = await wadi(['keplr', '--node', net.rpc, '--rest', net.rest, '--output', 'json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(served)
  })

  test('adding a chain: finds its id at /status of the RPC', async () => {
    const response = await fetch(`${net.rpc}/status`)
    const { result } = (await response.json()) as { result: { node_info: { network: string } } }
    expect(result.node_info.network).toBe(net.chainId)
  })

  test('adding a chain: opens /websocket of the RPC', async () => {
    const socket = new WebSocket(`${net.rpc.replace('http', 'ws')}/websocket`)
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
    expect(socket.readyState).toBe(1)
    socket.close()
  })

  test('adding a chain: finds its id in node_info of REST', async () => {
    const json = await ok('/cosmos/base/tendermint/v1beta1/node_info')
    expect(json['default_node_info']).toMatchObject({ network: net.chainId })
  })

  test('adding a chain: tells spendable balances from their absence by 400', async () => {
    expect((await get('/cosmos/bank/v1beta1/spendable_balances/test')).status).toBe(400)
  })

  test.each([
    '/ibc/apps/transfer/v1/params',
    '/ibc/applications/transfer/v1beta1/params',
    '/ibc/apps/router/v1/params',
    '/ibc/apps/packetforward/v1/params',
    '/cosmwasm/wasm/v1/contract/test/smart/test',
    '/feemarket/v1/params',
  ])('adding a chain: sees by 501 that %s is not here', async (path) => {
    expect((await get(path)).status).toBe(501)
  })

  test('in use: an account, and 404 for one that is none yet', async () => {
    expect(await ok(`/cosmos/auth/v1beta1/accounts/${alice}`)).toMatchObject({
      account: { '@type': '/cosmos.auth.v1beta1.BaseAccount', address: alice, account_number: '0' },
    })
    const nobody = (await DirectSecp256k1HdWallet.generate(12, { prefix: 'wadi' })).getAccounts()
    const { status } = await get(`/cosmos/auth/v1beta1/accounts/${(await nobody)[0]?.address}`)
    expect(status).toBe(404)
  })

  test('in use: balances, all and spendable', async () => {
    for (const kind of ['balances', 'spendable_balances']) {
      const json = await ok(`/cosmos/bank/v1beta1/${kind}/${bob}?pagination.limit=1000`)
      expect(json['balances']).toMatchObject([{ denom: 'awadi', amount: expect.stringMatching(/^\d{25}$/) }])
    }
  })

  test('in use: simulates without a public key, and sends', async () => {
    const { accountNumber, sequence } = (await client.accountNonce(bob)) ?? expect.fail('bob has no account')
    expect(accountNumber).toBe(1n)
    const body = {
      messages: [
        {
          '@type': '/cosmos.bank.v1beta1.MsgSend',
          from_address: bob,
          to_address: alice,
          amount: [{ denom: 'awadi', amount: '1' }],
        },
      ],
      memo: '',
    }
    const info = { mode_info: { single: { mode: 'SIGN_MODE_LEGACY_AMINO_JSON' } }, sequence: `${sequence}` }
    const tx = {
      body,
      auth_info: { signer_infos: [info], fee: { amount: [], gas_limit: '0' } },
      signatures: [toBase64(new Uint8Array(64))],
    }
    const post = (path: string, content: object) =>
      get(path, {
        method: 'POST',
        body: JSON.stringify(content),
        headers: { 'content-type': 'application/json' },
      })
    const encoded = await post('/cosmos/tx/v1beta1/encode', { tx })
    expect(encoded.status).toBe(200)
    const simulated = await post('/cosmos/tx/v1beta1/simulate', { tx_bytes: encoded.json['tx_bytes'] })
    expect([simulated.status, simulated.json['message']]).toEqual([200, undefined])
    expect(simulated.json['gas_info']).toMatchObject({ gas_used: expect.stringMatching(/^[1-9]\d{4,}$/) })

    const send = messages.bank.send({
      fromAddress: bob,
      toAddress: alice,
      amount: [{ denom: 'awadi', amount: '1' }],
    })
    const signed = await client.sign(bob, [send], { gas: 100_000n })
    const answer = await post('/cosmos/tx/v1beta1/txs', {
      tx_bytes: toBase64(signed),
      mode: 'BROADCAST_MODE_SYNC',
    })
    expect(answer.json['tx_response']).toMatchObject({
      code: 0,
      txhash: expect.stringMatching(/^[0-9A-F]{64}$/),
    })
  })

  test.each([
    '/cosmos/staking/v1beta1/delegations/ADDRESS',
    '/cosmos/staking/v1beta1/delegators/ADDRESS/unbonding_delegations',
    '/cosmos/staking/v1beta1/validators',
    '/cosmos/staking/v1beta1/params',
    '/cosmos/staking/v1beta1/pool',
    '/cosmos/distribution/v1beta1/params',
    '/cosmos/distribution/v1beta1/delegators/ADDRESS/rewards',
    '/cosmos/authz/v1beta1/grants/granter/ADDRESS',
  ])('in use: sees by 501 that %s waits for its module', async (path) => {
    expect((await get(path.replace('ADDRESS', alice))).status).toBe(501)
  })
})

// https://github.com/ping-pub/explorer, src/libs/{client,api/index,api/customization/v0.50.0}.ts
describe('Ping.pub', () => {
  test('reads a version of the Cosmos SDK that takes it to gov v1 and queries in one text', async () => {
    const json = await ok('/cosmos/base/tendermint/v1beta1/node_info')
    const { cosmos_sdk_version } = json['application_version'] as { cosmos_sdk_version: string }
    const [, major, minor] = /^v(\d+)\.(\d+)\.\d+$/.exec(cosmos_sdk_version) ?? []
    expect(Number(major) > 0 || Number(minor) >= 50).toBe(true)
  })

  test('reads the latest block, and one by its height', async () => {
    const latest = await ok('/cosmos/base/tendermint/v1beta1/blocks/latest')
    expect(latest['block']).toMatchObject({
      header: { chain_id: net.chainId },
      data: { txs: expect.any(Array) },
    })
    const block = await ok(`/cosmos/base/tendermint/v1beta1/blocks/${sent.height}`)
    expect(block['block']).toMatchObject({ header: { height: `${sent.height}` } })
    expect(block['block_id']).toMatchObject({ hash: expect.stringMatching(/=$/) })
  })

  test('reads the validators, latest and by height, with limit and offset', async () => {
    for (const at of ['latest', `${sent.height}`]) {
      const json = await ok(
        `/cosmos/base/tendermint/v1beta1/validatorsets/${at}?pagination.limit=100&pagination.offset=0`,
      )
      expect(json['validators']).toMatchObject([{ pub_key: { key: expect.any(String) }, voting_power: '10' }])
    }
  })

  test('reads the five paths of bank', async () => {
    expect(await ok('/cosmos/bank/v1beta1/params')).toHaveProperty('params.default_send_enabled')
    expect(await ok(`/cosmos/bank/v1beta1/balances/${alice}`)).toHaveProperty('balances.0.denom', 'awadi')
    expect(await ok('/cosmos/bank/v1beta1/denoms_metadata')).toHaveProperty('metadatas.0.base', 'awadi')
    const page = '?pagination.limit=20&pagination.offset=0&pagination.count_total=true'
    expect(await ok(`/cosmos/bank/v1beta1/supply${page}`)).toMatchObject({ pagination: { total: '1' } })
    expect(await ok('/cosmos/bank/v1beta1/supply/by_denom?denom=awadi')).toHaveProperty(
      'amount.denom',
      'awadi',
    )
  })

  test('reads the three paths of auth', async () => {
    expect(await ok('/cosmos/auth/v1beta1/params')).toHaveProperty('params.max_memo_characters', '256')
    const page = '?pagination.limit=20&pagination.offset=0&pagination.count_total=true'
    const { accounts, pagination } = await ok(`/cosmos/auth/v1beta1/accounts${page}`)
    expect(`${(accounts as unknown[]).length}`).toBe((pagination as { total: string }).total)
    expect(await ok(`/cosmos/auth/v1beta1/accounts/${alice}`)).toHaveProperty('account.address', alice)
  })

  test('finds transactions by sender, by its own page parameters, and in both orders', async () => {
    const sender = `message.sender='${alice}'`
    const json = await ok(`/cosmos/tx/v1beta1/txs?query=${sender}&pagination.limit=20&pagination.offset=0`)
    expect(Number(json['total'])).toBeGreaterThan(0)
    const page = 'pagination.limit=1&pagination.offset=0&pagination.count_total=true&pagination.reverse=true'
    const newest = await ok(`/cosmos/tx/v1beta1/txs?order_by=ORDER_BY_DESC&query=${sender}&${page}`)
    expect(newest['total']).toBe(json['total'])
    expect((newest['tx_responses'] as unknown[]).length).toBe(1)
  })

  test('finds a transaction by hash, and those of a block', async () => {
    expect(await ok(`/cosmos/tx/v1beta1/txs/${sent.hash}`)).toMatchObject({
      tx: { body: { messages: [{}, {}, { '@type': '/cosmos.bank.v1beta1.MsgSend' }] } },
      tx_response: { height: `${sent.height}`, code: 0 },
    })
    const json = await ok(`/cosmos/tx/v1beta1/txs/block/${sent.height}`)
    expect((json['txs'] as unknown[]).length).toBe(1)
  })

  test.each([
    [
      'staking',
      ['params', 'pool', 'validators', 'validators/V', 'validators/V/delegations', 'delegations/ADDRESS'],
    ],
    [
      'staking',
      ['validators/V/delegations/ADDRESS', 'validators/V/delegations/ADDRESS/unbonding_delegation'],
    ],
    [
      'staking',
      [
        'delegators/ADDRESS/redelegations',
        'delegators/ADDRESS/unbonding_delegations',
        'delegators/ADDRESS/validators',
      ],
    ],
    [
      'distribution',
      ['params', 'community_pool', 'validators/V/commission', 'validators/V/outstanding_rewards'],
    ],
    ['distribution', ['validators/V/slashes', 'delegators/ADDRESS/rewards']],
    ['slashing', ['params', 'signing_infos']],
    ['mint', ['params', 'inflation', 'annual_provisions']],
  ])('sees by 501 that %s waits for its module: %j', async (module, paths) => {
    for (const path of paths) {
      const url = `/cosmos/${module}/v1beta1/${path.replace('ADDRESS', alice)}`
      expect([url, (await get(url)).status]).toEqual([url, 501])
    }
  })

  test.each([
    ...['params/voting', 'params/tallying', 'params/deposit', 'proposals', 'proposals/1'],
    ...['proposals/1/deposits', 'proposals/1/tally', 'proposals/1/votes', 'proposals/1/votes/ADDRESS'],
  ])('sees by 501 that gov v1 waits for its module: %s', async (path) => {
    expect((await get(`/cosmos/gov/v1/${path.replace('ADDRESS', alice)}`)).status).toBe(501)
  })
})

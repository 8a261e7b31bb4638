/** Every method of every service of a devnet, called by a client that knows the node's address and nothing else. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DirectSecp256k1Wallet } from '@cosmjs/proto-signing'
import { SigningStargateClient } from '@cosmjs/stargate'
import { TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Devnet, startDevnet, wadi } from './devnet-kit.ts'
import { type ReflectedNode, type ReflectionVersion, reflectedNode, unknownMethod } from './grpc-kit.ts'

let net: Devnet
let nodes: Readonly<Record<ReflectionVersion, ReflectedNode>>
let tx: Uint8Array

const run = promisify(execFile)
// sha256sum README.md config.json model.safetensors | cut -d' ' -f1 | xxd -r -p | sha256sum, in examples/model
const DIGEST = 'a123055d092b3a7691f3629cd19750afc6227c300a51d3043289421dc998fbc4'

beforeAll(async () => {
  net = await startDevnet()
  const register = ['tx', 'asset', 'register-asset', '--path', 'examples/model', '--kind', 'MODEL']
  const more = ['--slug', 'tiny', '--from', 'dev0', '--yes', '--node', net.rpc]
  expect(await wadi([...register, ...more])).toMatchObject({ code: 0 })
  tx = await signedSend()
  const [v1, v1alpha] = await Promise.all([reflectedNode(net.grpc, 'v1'), reflectedNode(net.grpc, 'v1alpha')])
  nodes = { v1, v1alpha }
}, 120_000)
afterAll(async () => {
  nodes?.v1.close()
  nodes?.v1alpha.close()
  await net?.stop()
})

const dev = (index: number) => net.accounts[index] as Devnet['accounts'][number]

/** A transfer of dev1 to dev2, signed by CosmJS. */
async function signedSend(): Promise<Uint8Array> {
  const key = Buffer.from(dev(1).privateKey.replace(/^0x/, ''), 'hex')
  const wallet = await DirectSecp256k1Wallet.fromKey(key, 'wadi')
  const client = await SigningStargateClient.connectWithSigner(net.rpc, wallet)
  const value = {
    fromAddress: dev(1).address,
    toAddress: dev(2).address,
    amount: [{ denom: 'awadi', amount: '7' }],
  }
  const fee = { amount: [], gas: '100000' }
  const message = { typeUrl: '/cosmos.bank.v1beta1.MsgSend', value }
  const signed = await client.sign(dev(1).address, [message], fee, 'by gRPC')
  client.disconnect()
  return TxRaw.encode(signed).finish()
}

const SERVICES = [
  'cosmos.auth.v1beta1.Query',
  'cosmos.bank.v1beta1.Query',
  'cosmos.base.node.v1beta1.Service',
  'cosmos.base.tendermint.v1beta1.Service',
  'cosmos.consensus.v1.Query',
  'cosmos.tx.v1beta1.Service',
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
  'wadi.asset.v1.Query',
  'wadi.system.v1.Query',
]

/** For each method a request, and what its answer has at least; a number is the status of a refusal. */
function cases(): Record<string, readonly [request: object, answer: object | number]> {
  const address = dev(0).address
  const pagination = { limit: 5 }
  const version = { asset_id: 1, version: 1 }
  const tx_bytes = tx
  const one = { denom: 'awadi' }
  const owner = (who: string) => ({ address: who, balance: { denom: 'awadi', amount: `${10n ** 24n}` } })
  const asset: Record<string, readonly [object, object | number]> = {
    Params: [{}, { params: {} }],
    Asset: [{ asset_id: 1 }, { asset: { slug: 'tiny', creator: address } }],
    AssetBySlug: [{ creator: address, slug: 'tiny' }, { asset: { slug: 'tiny' } }],
    Assets: [{ pagination }, { assets: [{ slug: 'tiny' }] }],
    AssetsByController: [{ controller: address }, { assets: [{ slug: 'tiny' }] }],
    AssetsByCreator: [{ creator: address }, { assets: [{ slug: 'tiny' }] }],
    AssetsByKind: [{ kind: 'ASSET_KIND_MODEL' }, { assets: [{ slug: 'tiny' }] }],
    Version: [version, { version: {}, parents: [] }],
    Versions: [{ asset_id: 1 }, { versions: [{}] }],
    VersionBySeq: [{ seq: 1 }, { version: {} }],
    VersionByDigest: [{ root_digest: DIGEST }, { asset: { slug: 'tiny' } }],
    ProvisionalVersions: [{}, { pagination: {} }],
    Parents: [version, { parents: [] }],
    Children: [version, { children: [] }],
    Ancestors: [version, { ancestors: [] }],
    Descendants: [version, { descendants: [] }],
    Commitment: [{ owner: address, commitment: '0'.repeat(64) }, 5],
    Commitments: [{ owner: address }, { commitments: [] }],
  }
  const bank: Record<string, readonly [object, object | number]> = {
    Balance: [{ address: dev(3).address, ...one }, { balance: { denom: 'awadi', amount: `${10n ** 24n}` } }],
    AllBalances: [{ address }, { balances: [one] }],
    SpendableBalances: [{ address }, { balances: [one] }],
    SpendableBalanceByDenom: [{ address, ...one }, { balance: one }],
    // Ten accounts and the faucet have a million WADI each.
    TotalSupply: [{}, { supply: [{ denom: 'awadi', amount: `${11n * 10n ** 24n}` }] }],
    SupplyOf: [one, { amount: { amount: `${11n * 10n ** 24n}` } }],
    Params: [{}, { params: {} }],
    DenomsMetadata: [{}, { metadatas: [{ base: 'awadi' }] }],
    DenomMetadata: [one, { metadata: { base: 'awadi' } }],
    DenomMetadataByQueryString: [one, { metadata: { base: 'awadi' } }],
    DenomOwners: [{ ...one, pagination }, { denom_owners: [{}, {}, {}, {}, {}] }],
    DenomOwnersByQuery: [one, { denom_owners: expect.arrayContaining([owner(dev(5).address)]) }],
    SendEnabled: [{}, { send_enabled: [] }],
  }
  const bytes = Buffer.from(dev(0).hexAddress.slice(2), 'hex')
  const auth: Record<string, readonly [object, object | number]> = {
    Accounts: [{ pagination }, { accounts: [{}, {}, {}, {}, {}] }],
    Account: [{ address }, { account: { type_url: '/cosmos.auth.v1beta1.BaseAccount' } }],
    AccountAddressByID: [{ account_id: 0 }, 12],
    Params: [{}, { params: { max_memo_characters: '256' } }],
    ModuleAccounts: [{}, {}],
    ModuleAccountByName: [{ name: 'nope' }, 5],
    Bech32Prefix: [{}, { bech32_prefix: 'wadi' }],
    AddressBytesToString: [{ address_bytes: bytes }, { address_string: address }],
    AddressStringToBytes: [{ address_string: address }, { address_bytes: bytes.toString('base64') }],
    AccountInfo: [{ address }, { info: { address, account_number: '0' } }],
  }
  const chain: Record<string, readonly [object, object | number]> = {
    'cosmos.base.node.v1beta1.Service/Config': [{}, { minimum_gas_price: '' }],
    'cosmos.base.node.v1beta1.Service/Status': [{}, { height: expect.stringMatching(/^[1-9]/) }],
    'cosmos.consensus.v1.Query/Params': [{}, { params: { block: {} } }],
    'grpc.health.v1.Health/Check': [{}, { status: 'SERVING' }],
    'wadi.system.v1.Query/Params': [{}, { params: {} }],
    'wadi.system.v1.Query/Authority': [{}, { authority: address }],
    'wadi.system.v1.Query/ModuleVersions': [{}, { module_versions: [{}, {}, {}, {}, {}] }],
  }
  const comet: Record<string, readonly [object, object | number]> = {
    GetNodeInfo: [{}, { default_node_info: { network: net.chainId } }],
    GetSyncing: [{}, { syncing: false }],
    GetLatestBlock: [{}, { block: { header: { chain_id: net.chainId } } }],
    GetBlockByHeight: [{ height: 1 }, { block: { header: { height: '1' } } }],
    GetLatestValidatorSet: [{}, { validators: [{}] }],
    GetValidatorSetByHeight: [{ height: 1 }, { block_height: '1', validators: [{}] }],
    ABCIQuery: [{ path: '/app/version' }, { code: 0, codespace: 'sdk' }],
  }
  const txs: Record<string, readonly [object, object | number]> = {
    Simulate: [
      { tx_bytes },
      { result: { msg_responses: [{ type_url: '/cosmos.bank.v1beta1.MsgSendResponse' }] } },
    ],
    BroadcastTx: [{ tx_bytes, mode: 'BROADCAST_MODE_UNSPECIFIED' }, 3],
    GetTx: [{ hash: 'F'.repeat(64) }, 5],
    GetTxsEvent: [{ query: "message.sender='nobody'" }, { txs: [], total: '0' }],
    GetBlockWithTxs: [{ height: 1 }, { block: { header: { height: '1' } } }],
    TxDecode: [{ tx_bytes }, { tx: { body: { memo: 'by gRPC' } } }],
    TxEncode: [{ tx: {} }, { tx_bytes: '' }],
    TxEncodeAmino: [{ amino_json: '{}' }, 12],
    TxDecodeAmino: [{ amino_binary: '' }, 12],
  }
  const named = (service: string, table: typeof chain) =>
    Object.entries(table).map(([name, value]) => [`${service}/${name}`, value] as const)
  return {
    ...chain,
    ...Object.fromEntries([
      ...named('wadi.asset.v1.Query', asset),
      ...named('cosmos.bank.v1beta1.Query', bank),
      ...named('cosmos.auth.v1beta1.Query', auth),
      ...named('cosmos.base.tendermint.v1beta1.Service', comet),
      ...named('cosmos.tx.v1beta1.Service', txs),
    ]),
  }
}

describe.each(['v1', 'v1alpha'] as const)('through reflection %s', (version) => {
  test('all services are listed, and described with their comments', () => {
    const { services, files } = nodes[version]
    expect(services).toEqual(SERVICES)
    const bank = files.find(({ name }) => name === 'cosmos/bank/v1beta1/query.proto')
    const comments = bank?.sourceCodeInfo?.location.map(({ leadingComments }) => leadingComments.trim())
    expect(comments).toContain('Questions about coins.')
  })

  test('every method is there to be tried', () => {
    expect(nodes[version].methods).toEqual(Object.keys(cases()).toSorted())
  })

  test('every method answers', async () => {
    for (const [method, [request, wanted]] of Object.entries(cases())) {
      const { code, text, response, height } = await nodes[version].call(method, request)
      if (typeof wanted === 'number') {
        expect([method, code], text).toEqual([method, wanted])
        continue
      }
      expect([method, code, text]).toEqual([method, 0, ''])
      expect(response, method).toMatchObject(wanted)
      expect(Number(height), method).toBeGreaterThan(0)
    }
  }, 60_000)
})

test('a transaction that was sent by gRPC is found by gRPC, and in its block', async () => {
  const { call } = nodes.v1
  const send = { tx_bytes: tx, mode: 'BROADCAST_MODE_SYNC' }
  const sent = await call('cosmos.tx.v1beta1.Service/BroadcastTx', send)
  expect([sent.code, sent.response.tx_response.code]).toEqual([0, 0])
  const hash = sent.response.tx_response.txhash
  const find = () => call('cosmos.tx.v1beta1.Service/GetTx', { hash })
  await expect.poll(async () => (await find()).code, { timeout: 20_000 }).toBe(0)
  const { tx_response } = (await find()).response
  expect(tx_response).toMatchObject({ code: 0, txhash: hash })
  const block = await call('cosmos.tx.v1beta1.Service/GetBlockWithTxs', { height: tx_response.height })
  expect(block.response.txs).toMatchObject([{ body: { memo: 'by gRPC' } }])
  const before = { 'x-cosmos-block-height': `${Number(tx_response.height) - 1}` }
  const balance = { address: dev(2).address, denom: 'awadi' }
  const [old, now] = await Promise.all(
    [before, {}].map((headers) => call('cosmos.bank.v1beta1.Query/Balance', balance, headers)),
  )
  expect(BigInt(now?.response.balance.amount) - BigInt(old?.response.balance.amount)).toBe(7n)
  expect(old?.height).toBe(before['x-cosmos-block-height'])
})

test('a refusal reaches the library although its request was not read', async () => {
  const tx_bytes = Buffer.alloc(5 * 1_048_576)
  const large = await nodes.v1.call('cosmos.tx.v1beta1.Service/TxDecode', { tx_bytes })
  expect([large.code, large.text]).toEqual([
    8,
    'a message of 5242885 bytes; this node reads at most 4194304: invalid request',
  ])
  expect(await unknownMethod(net.grpc, Buffer.alloc(1_048_576))).toMatchObject({ code: 12 })
  expect((await nodes.v1.call('cosmos.base.tendermint.v1beta1.Service/GetSyncing', {})).code).toBe(0)
})

describe('grpcurl', () => {
  test('lists and describes every service, and calls a method', async (context) => {
    const found = await run('grpcurl', ['-version']).catch(() => undefined)
    if (found === undefined) {
      context.skip(
        'grpcurl is not on the PATH: go install github.com/fullstorydev/grpcurl/cmd/grpcurl@latest',
      )
      return
    }
    const grpcurl = async (...args: string[]) => (await run('grpcurl', ['-plaintext', ...args])).stdout
    // It leaves reflection out of its list.
    const listed = SERVICES.filter((name) => !name.startsWith('grpc.reflection.v1alpha'))
    const printed = (await grpcurl(net.grpc, 'list')).trim().split('\n')
    expect(printed).toEqual(expect.arrayContaining(listed))
    for (const service of SERVICES)
      expect(await grpcurl(net.grpc, 'describe', service)).toContain('is a service')
    expect(await grpcurl(net.grpc, 'describe', 'cosmos.bank.v1beta1.Query.Balance')).toContain('// ')
    const request = JSON.stringify({ address: dev(4).address, denom: 'awadi' })
    const answer = await grpcurl('-d', request, net.grpc, 'cosmos.bank.v1beta1.Query/Balance')
    expect(JSON.parse(answer)).toEqual({ balance: { denom: 'awadi', amount: `${10n ** 24n}` } })
  })
})

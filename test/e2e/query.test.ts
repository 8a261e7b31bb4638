/** Queries behind the real CometBFT: CosmJS over RPC, REST, and the services that ask CometBFT in return. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { iavlSpec, ics23, tendermintSpec, verifyMembership } from '@confio/ics23'
import { DirectSecp256k1Wallet } from '@cosmjs/proto-signing'
import { type DeliverTxResponse, GasPrice, SigningStargateClient } from '@cosmjs/stargate'
import { Comet38Client } from '@cosmjs/tendermint-rpc'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { ConfigResponse, ServiceDefinition as NodeService } from '#gen/cosmos/base/node/v1beta1/query.ts'
import { GetNodeInfoResponse } from '#gen/cosmos/base/tendermint/v1beta1/query.ts'
import { GetTxRequest, GetTxResponse } from '#gen/cosmos/tx/v1beta1/service.ts'
import { TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { toBase64, toHex } from '#lib/bytes.ts'
import { nativeVerifier } from '#lib/verifier-native.ts'
import { chain } from '#modules/chain.ts'
import { searchCometbft } from '../../scripts/cometbft.mjs'
import { AbciServer } from '../../src/abci/server.ts'
import type { AbciApp } from '../../src/abci/types.ts'
import { createApp } from '../../src/app/create.ts'
import { freePort } from '../../src/cli/node/ports.ts'
import type { QueryPool } from '../../src/query/pool.ts'
import { MemoryState } from '../../src/testing/memory-state.ts'
import { alice, bob, genesis, startPool } from './query-kit.ts'

const home = mkdtempSync(join(tmpdir(), 'query-e2e-'))
const socket = `unix://${join(home, 'abci.sock')}`
const state = new MemoryState(chain.stores)
const halts: Error[] = []
let node: ChildProcess
let server: AbciServer
let pool: QueryPool
let rpcUrl = ''
let client: SigningStargateClient
let comet: Comet38Client

async function startComet(): Promise<void> {
  const binary = searchCometbft().path ?? expect.fail('CometBFT is missing: node scripts/setup.mjs')
  expect(spawnSync(binary, ['init', '--home', home]).status).toBe(0)
  const config = join(home, 'config', 'config.toml')
  writeFileSync(
    config,
    readFileSync(config, 'utf8')
      .replace(/^timeout_commit = .*$/m, 'timeout_commit = "100ms"')
      .replace(/^max_tx_bytes = .*$/m, 'max_tx_bytes = 20000'),
  )
  const file = join(home, 'config', 'genesis.json')
  const document = { ...JSON.parse(readFileSync(file, 'utf8')), chain_id: 'wadi-test-1', app_state: genesis }
  writeFileSync(file, JSON.stringify(document))
  const port = await freePort(36_657)
  rpcUrl = `http://127.0.0.1:${port}`
  const flags = ['--home', home, '--proxy_app', socket, '--rpc.laddr', `tcp://127.0.0.1:${port}`]
  node = spawn(binary, ['start', ...flags, '--p2p.laddr', 'tcp://127.0.0.1:0'], { stdio: 'ignore' })
}

async function untilHeight(height: number): Promise<void> {
  while (state.version < height) {
    expect([halts, node.exitCode]).toEqual([[], null])
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

beforeAll(async () => {
  await startComet()
  pool = await startPool(state.store, { rpcUrl })
  const app = createApp({
    chain,
    state,
    verifier: nativeVerifier(),
    minGasPrices: [],
    version: { software: 'test', protocol: 1n },
    log: () => {},
  })
  const abci: AbciApp = {
    info: () => app.info(),
    initChain: (req) => app.initChain(req),
    checkTx: (tx, recheck) => app.checkTx(tx, recheck),
    prepareProposal: (req) => app.prepareProposal(req),
    processProposal: (req) => app.processProposal(req),
    finalizeBlock: (req, results) => app.finalizeBlock(req, results),
    commit: () => app.commit(),
    disconnected: () => app.disconnected(),
    query: (req) => pool.query(req),
  }
  server = new AbciServer(abci, { onHalt: (error) => halts.push(error) })
  await server.listen(socket)
  await untilHeight(2)
  comet = await Comet38Client.connect(rpcUrl)
  const wallet = await DirectSecp256k1Wallet.fromKey(alice.privateKey, 'wadi')
  client = await SigningStargateClient.createWithSigner(comet, wallet, {
    gasPrice: GasPrice.fromString('0.025awadi'),
    broadcastPollIntervalMs: 50,
  })
})

afterAll(async () => {
  if (node !== undefined && node.exitCode === null) {
    const exited = once(node, 'exit')
    node.kill('SIGKILL')
    await exited
  }
  await server?.close()
  await pool?.close()
  rmSync(home, { recursive: true, force: true })
})

/** A block as CometBFT has it, once it has it. */
async function blockOf(height: number): Promise<Awaited<ReturnType<Comet38Client['block']>>['block']> {
  // The store may be ahead of what CometBFT shows, by as long as it takes to write the block down.
  while ((await comet.status()).syncInfo.latestBlockHeight < height) await untilHeight(state.version)
  return (await comet.block(height)).block
}

async function rest(
  path: string,
  init?: RequestInit,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const response = await fetch(`${pool.restUrl}${path}`, init)
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

const base = '/cosmos/base/tendermint/v1beta1'
const post = (path: string, body: object) => rest(path, { method: 'POST', body: JSON.stringify(body) })

let sent: DeliverTxResponse

describe('a transaction', () => {
  test('is simulated, sent and found by CosmJS', async () => {
    const before = BigInt((await client.getBalance(bob.address, 'awadi')).amount)
    sent = await client.sendTokens(
      alice.address,
      bob.address,
      [{ denom: 'awadi', amount: '12' }],
      2,
      'a memo',
    )
    expect(sent.code).toBe(0)
    expect(BigInt((await client.getBalance(bob.address, 'awadi')).amount)).toBe(before + 12n)
  })

  test('is found over REST by its hash, with its block time', async () => {
    const { status, json } = await rest(`/cosmos/tx/v1beta1/txs/${sent.transactionHash}`)
    expect(status).toBe(200)
    const { tx, tx_response } = json as { tx: Record<string, unknown>; tx_response: Record<string, unknown> }
    expect(tx['body']).toMatchObject({ memo: 'a memo', messages: [{ to_address: bob.address }] })
    const header = (await comet.block(sent.height)).block.header
    expect(tx_response).toMatchObject({
      height: `${sent.height}`,
      txhash: sent.transactionHash,
      code: 0,
      raw_log: '',
      gas_used: `${sent.gasUsed}`,
      timestamp: `${header.time.toISOString().slice(0, 19)}Z`,
      tx: { '@type': '/cosmos.tx.v1beta1.Tx', body: { memo: 'a memo' } },
    })
    const types = (tx_response['events'] as { type: string }[]).map(({ type }) => type)
    expect(types).toEqual(sent.events.map(({ type }) => type))
  })

  test('is found over abci_query as well', async () => {
    const data = GetTxRequest.encode({ hash: sent.transactionHash.toLowerCase() }).finish()
    const answer = await comet.abciQuery({ path: '/cosmos.tx.v1beta1.Service/GetTx', data })
    const { txResponse } = GetTxResponse.decode(answer.value)
    expect([answer.code, txResponse?.height]).toEqual([0, BigInt(sent.height)])
  })

  test('is found by its events, with page and limit or the older pagination', async () => {
    const query = encodeURIComponent(`transfer.recipient='${bob.address}'`)
    const search = async (rest_: string) =>
      (await rest(`/cosmos/tx/v1beta1/txs?query=${query}&${rest_}`)).json
    await client.sendTokens(alice.address, bob.address, [{ denom: 'awadi', amount: '1' }], 2)
    const down = await search('order_by=ORDER_BY_DESC&limit=1')
    const up = await search('order_by=ORDER_BY_ASC&pagination.limit=1')
    expect([down['total'], up['total']]).toEqual(['2', '2'])
    const heightIn = (json: Record<string, unknown>) =>
      Number((json['tx_responses'] as { height: string }[])[0]?.height)
    expect(heightIn(up)).toBe(sent.height)
    expect(heightIn(down)).toBeGreaterThan(sent.height)
    expect(heightIn(await search('page=2&limit=1'))).toBe(heightIn(down))
    expect(heightIn(await search('pagination.offset=1&pagination.limit=1'))).toBe(heightIn(down))
    expect((await client.searchTx(`tx.height=${sent.height}`)).map(({ hash }) => hash)).toEqual([
      sent.transactionHash,
    ])
  })

  test('stands decoded in its block', async () => {
    const { json } = await rest(`/cosmos/tx/v1beta1/txs/block/${sent.height}`)
    expect((json['txs'] as unknown[]).length).toBe(1)
    expect(json['txs']).toMatchObject([{ body: { memo: 'a memo' } }])
    expect(json['block']).toMatchObject({ header: { height: `${sent.height}`, chain_id: 'wadi-test-1' } })
  })

  test('that nobody sent is not found', async () => {
    const hash = '00'.repeat(32)
    const { status, json } = await rest(`/cosmos/tx/v1beta1/txs/${hash}`)
    expect([status, json['code'], json['message']]).toEqual([404, 5, `tx not found: ${hash}: not found`])
  })

  test('with a search that is none is refused in the words of CometBFT', async () => {
    const refused = await rest('/cosmos/tx/v1beta1/txs?query=nonsense')
    expect([refused.status, refused.json['code']]).toEqual([400, 3])
    const far = await rest(`/cosmos/tx/v1beta1/txs?query=tx.height=${sent.height}&page=9`)
    expect([far.status, far.json['message']]).toEqual([
      400,
      expect.stringContaining('page should be within [1, 1]'),
    ])
  })
})

describe('broadcasting over REST', () => {
  const txs = '/cosmos/tx/v1beta1/txs'
  const transfer = async (amount: string): Promise<string> => {
    const message = {
      fromAddress: alice.address,
      toAddress: bob.address,
      amount: [{ denom: 'awadi', amount }],
    }
    const fee = { amount: [], gas: '200000' }
    const packed = [{ typeUrl: `/${MsgSend.$type}`, value: message }]
    const { accountNumber, sequence } = await client.getSequence(alice.address)
    const signer = { accountNumber, sequence, chainId: 'wadi-test-1' }
    const raw = await client.sign(alice.address, packed, fee, '', signer)
    return toBase64(TxRaw.encode(raw).finish())
  }
  const broadcast = async (tx_bytes: string, mode = 'BROADCAST_MODE_SYNC') => {
    const { status, json } = await post(txs, { tx_bytes, mode })
    return {
      status,
      ...(json['tx_response'] as object as { code: number; codespace: string; txhash: string }),
    }
  }

  test('reaches a block, and the same transaction again is in the cache: sdk/19', async () => {
    const tx = await transfer('3')
    const first = await broadcast(tx)
    expect([first.status, first.code]).toEqual([200, 0])
    expect(await broadcast(tx)).toMatchObject({
      status: 200,
      code: 19,
      codespace: 'sdk',
      txhash: first.txhash,
    })
    let found = await rest(`${txs}/${first.txhash}`)
    while (found.status === 404) found = await rest(`${txs}/${first.txhash}`)
    expect(found.json['tx_response']).toMatchObject({ code: 0 })
  })

  test('tells what CheckTx refused', async () => {
    const garbage = await broadcast(toBase64(new Uint8Array([1, 2, 3])))
    expect(garbage).toMatchObject({ status: 200, code: 2, codespace: 'sdk' })
  })

  test('a transaction too large for the mempool is sdk/21', async () => {
    const large = toBase64(new Uint8Array(20_001))
    expect(await broadcast(large)).toMatchObject({ status: 200, code: 21, codespace: 'sdk' })
  })

  test('without waiting for the checks gives the hash', async () => {
    const answer = await broadcast(await transfer('4'), 'BROADCAST_MODE_ASYNC')
    expect([answer.status, answer.code]).toEqual([200, 0])
    expect(answer.txhash).toMatch(/^[0-9A-F]{64}$/)
  })
})

describe('the node', () => {
  test('tells its network and versions over REST and abci_query', async () => {
    const { json } = await rest(`${base}/node_info`)
    const status = await comet.status()
    expect(json).toMatchObject({
      default_node_info: {
        network: 'wadi-test-1',
        version: '0.38.25',
        default_node_id: toHex(status.nodeInfo.id),
        other: { tx_index: 'on' },
      },
      application_version: { name: 'wadi', app_name: 'wadi', cosmos_sdk_version: 'v0.53.4' },
    })
    const path = '/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo'
    const answer = await comet.abciQuery({ path, data: new Uint8Array() })
    const info = GetNodeInfoResponse.decode(answer.value)
    expect([answer.code, info.defaultNodeInfo?.network]).toEqual([0, 'wadi-test-1'])
    expect(info.applicationVersion?.buildDeps.map((dep) => dep.path)).toContain(
      'github.com/cosmos/cosmos-sdk',
    )
  })

  test('tells its settings and heights', async () => {
    const path = `/${NodeService.fullName}/Config`
    const config = await comet.abciQuery({ path, data: new Uint8Array() })
    expect(ConfigResponse.decode(config.value).minimumGasPrice).toBe('0.025awadi')
    const { json } = await rest('/cosmos/base/node/v1beta1/status')
    const { header } = await blockOf(Number(json['height']) + 1)
    expect(Buffer.from(json['app_hash'] as string, 'base64').toString('hex')).toBe(toHex(header.appHash))
    expect((await rest(`${base}/syncing`)).json).toEqual({ syncing: false })
  })

  test('tells blocks as CometBFT has them', async () => {
    for (const [path, height] of [
      [`blocks/${sent.height}`, sent.height],
      ['blocks/latest', undefined],
    ] as const) {
      const { status, json } = await rest(`${base}/${path}`)
      expect(status).toBe(200)
      const block = json['block'] as { header: Record<string, string>; data: { txs: string[] } }
      const same = await comet.block(height ?? Number(block.header['height']))
      expect(Buffer.from((json['block_id'] as { hash: string }).hash, 'base64')).toEqual(
        Buffer.from(same.blockId.hash),
      )
      expect(Buffer.from(block.header['app_hash'] ?? '', 'base64')).toEqual(
        Buffer.from(same.block.header.appHash),
      )
      expect(block.data.txs).toEqual(same.block.txs.map(toBase64))
      expect(json['sdk_block']).toMatchObject({
        header: { proposer_address: expect.stringMatching(/^wadivalcons1/) },
      })
      const [vote] = same.block.lastCommit?.signatures ?? []
      expect(json['block']).toMatchObject({
        last_commit: {
          signatures: [
            {
              block_id_flag: 'BLOCK_ID_FLAG_COMMIT',
              signature: toBase64(vote?.signature ?? new Uint8Array()),
            },
          ],
        },
      })
    }
    const future = await rest(`${base}/blocks/${state.version + 1_000}`)
    expect([future.status, future.json['code']]).toEqual([400, 3])
  })

  test('tells validators, page by page', async () => {
    for (const at of ['latest', `${sent.height}`]) {
      const { json } = await rest(`${base}/validatorsets/${at}`)
      expect(json['pagination']).toEqual({ next_key: null, total: '1' })
      expect(json['validators']).toMatchObject([
        {
          address: expect.stringMatching(/^wadivalcons1/),
          pub_key: { '@type': '/cosmos.crypto.ed25519.PubKey' },
          voting_power: '10',
        },
      ])
    }
  })
})

describe('proofs', () => {
  test('of a height verify against the app hash in the next header', async () => {
    const height = state.version
    const key = Buffer.from(firstKey('bank'), 'latin1')
    const answer = await comet.abciQuery({ path: 'store/bank/key', data: key, height, prove: true })
    const [inStore, inApp] = answer.proof?.ops ?? []
    const stored = ics23.CommitmentProof.decode(inStore?.data ?? new Uint8Array())
    const app = ics23.CommitmentProof.decode(inApp?.data ?? new Uint8Array())
    const { appHash } = (await blockOf(height + 1)).header
    const root = app.exist?.value ?? new Uint8Array()
    expect(verifyMembership(app, tendermintSpec, appHash, Buffer.from('bank'), root)).toBe(true)
    expect(verifyMembership(stored, iavlSpec, root, key, answer.value)).toBe(true)
  })
})

function firstKey(name: string): string {
  const cursor = state.iterate(chain.stores.indexOf(name), '', undefined, false)
  expect(cursor.next()).toBe(true)
  return cursor.key
}

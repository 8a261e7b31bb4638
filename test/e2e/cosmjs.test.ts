import {
  createMultisigThresholdPubkey,
  encodeSecp256k1Pubkey,
  pubkeyToAddress,
  Secp256k1HdWallet,
} from '@cosmjs/amino'
import { stringToPath } from '@cosmjs/crypto'
import { DirectEthSecp256k1HdWallet, DirectSecp256k1HdWallet, makeCosmoshubPath } from '@cosmjs/proto-signing'
import {
  AminoTypes,
  assertIsDeliverTxSuccess,
  calculateFee,
  coins,
  GasPrice,
  makeMultisignedTxBytes,
  QueryClient,
  SigningStargateClient,
  StargateClient,
  setupAuthExtension,
  setupBankExtension,
  setupTxExtension,
} from '@cosmjs/stargate'
import { connectComet } from '@cosmjs/tendermint-rpc'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wadiAminoConverters } from '../../src/client/amino.ts'
import { WadiClient } from '../../src/client/client.ts'
import { messages } from '../../src/client/messages.ts'
import { wadiRegistry } from '../../src/client/registry.ts'
import { SigningWadiClient } from '../../src/client/signing.ts'
import { type Devnet, startDevnet } from './devnet-kit.ts'

const PREFIX = 'wadi'
const FUNDS = 10n ** 24n
const POLL = { broadcastPollIntervalMs: 100 }

let net: Devnet
let direct: DirectSecp256k1HdWallet
let addresses: readonly string[] = []

beforeAll(async () => {
  net = await startDevnet()
  const hdPaths = Array.from({ length: 10 }, (_, i) => makeCosmoshubPath(i))
  direct = await DirectSecp256k1HdWallet.fromMnemonic(net.mnemonic, { prefix: PREFIX, hdPaths })
  addresses = (await direct.getAccounts()).map(({ address }) => address)
}, 120_000)
afterAll(() => net?.stop())

const address = (index: number): string => addresses[index] as string

/** CosmJS as it is, without a line of ours. */
const stock = (signer: Parameters<typeof SigningStargateClient.connectWithSigner>[1]) =>
  SigningStargateClient.connectWithSigner(net.rpc, signer, {
    gasPrice: GasPrice.fromString('0.001awadi'),
    ...POLL,
  })

/** CosmJS' own client with our registry and converters. */
const ours = (signer: Parameters<typeof SigningStargateClient.connectWithSigner>[1]) =>
  SigningStargateClient.connectWithSigner(net.rpc, signer, {
    gasPrice: GasPrice.fromString('0awadi'),
    registry: wadiRegistry(),
    aminoTypes: new AminoTypes(wadiAminoConverters()),
    ...POLL,
  })

/** An account that nobody used before. */
async function fresh(): Promise<string> {
  const wallet = await DirectSecp256k1HdWallet.generate(12, { prefix: PREFIX })
  return (await wallet.getAccounts())[0]?.address as string
}

const registration = (controller: string, slug: string, byte: number) =>
  messages.asset.registerAsset({
    controller,
    kind: 1,
    slug,
    license: { expression: 'MIT' },
    dataUse: { train: 1, mine: 1, infer: 1 },
    content: { scheme: 4, rootDigest: new Uint8Array(32).fill(byte), sizeBytes: 1n, fileCount: 1 },
    derivatives: 1,
  })

describe('stock SigningStargateClient of CosmJS 0.39', () => {
  test('connects, and knows chain, height and the ten accounts', async () => {
    const client = await StargateClient.connect(net.rpc)
    expect(await client.getChainId()).toBe('wadi-dev-1')
    expect(await client.getHeight()).toBeGreaterThan(0)
    expect(addresses).toEqual(net.accounts.map((account) => account.address))
    expect(await client.getAccount(address(9))).toMatchObject({
      address: address(9),
      accountNumber: 9n,
      sequence: 0,
    })
    expect(await client.getAccount(await fresh())).toBeNull()
    expect((await client.getBlock(1)).header.chainId).toBe('wadi-dev-1')
  })

  test('sends coins with a fee, and finds the transaction by hash and by search', async () => {
    const client = await stock(direct)
    const to = await fresh()
    const fee = calculateFee(100_000, '0.001awadi')
    const result = await client.sendTokens(address(0), to, coins(12_345, 'awadi'), fee, 'a note')
    assertIsDeliverTxSuccess(result)
    expect(await client.getBalance(to, 'awadi')).toEqual({ denom: 'awadi', amount: '12345' })
    expect(await client.getTx(result.transactionHash)).toMatchObject({
      code: 0,
      height: result.height,
      gasWanted: 100_000n,
      msgResponses: [{ typeUrl: '/cosmos.bank.v1beta1.MsgSendResponse' }],
    })
    const found = await client.searchTx([{ key: 'transfer.recipient', value: to }])
    expect(found.map(({ hash }) => hash)).toEqual([result.transactionHash])
    expect((await client.searchTx(`tx.height=${result.height}`)).map(({ hash }) => hash)).toContain(
      result.transactionHash,
    )
    expect(await client.getTx('00'.repeat(32))).toBeNull()
  })

  test('simulates, and lets the simulation choose the gas', async () => {
    const client = await stock(direct)
    const to = await fresh()
    const send = messages.bank.send({ fromAddress: address(1), toAddress: to, amount: coins(5, 'awadi') })
    const gas = await client.simulate(address(1), [send], '')
    expect(gas).toBeGreaterThan(10_000)
    const result = await client.signAndBroadcast(address(1), [send], 'auto')
    assertIsDeliverTxSuccess(result)
    // CosmJS' factor is 1.4.
    expect(Number(result.gasWanted)).toBe(Math.ceil(gas * 1.4))
    expect(result.gasUsed).toBeLessThan(result.gasWanted)
  })

  test('signs amino, as hardware wallets do', async () => {
    const amino = await Secp256k1HdWallet.fromMnemonic(net.mnemonic, {
      prefix: PREFIX,
      hdPaths: [makeCosmoshubPath(2)],
    })
    const client = await stock(amino)
    const to = await fresh()
    const memo = 'a < b & c > d'
    const result = await client.sendTokens(
      address(2),
      to,
      coins(7, 'awadi'),
      calculateFee(100_000, '0awadi'),
      memo,
    )
    assertIsDeliverTxSuccess(result)
    expect((await client.getBalance(to, 'awadi')).amount).toBe('7')
  })

  test('signs with an Ethereum key, simulation included', async () => {
    const wallet = await DirectEthSecp256k1HdWallet.fromMnemonic(net.mnemonic, {
      prefix: PREFIX,
      hdPaths: [stringToPath("m/44'/60'/0'/0/0")],
    })
    const [account] = await wallet.getAccounts()
    const own = account?.address as string
    await (await stock(direct)).sendTokens(address(3), own, coins(`${10n ** 18n}`, 'awadi'), 'auto')
    const client = await stock(wallet)
    const to = await fresh()
    assertIsDeliverTxSuccess(await client.sendTokens(own, to, coins(1, 'awadi'), 'auto'))
    assertIsDeliverTxSuccess(
      await client.sendTokens(own, to, coins(2, 'awadi'), calculateFee(100_000, '0awadi')),
    )
    expect((await client.getBalance(to, 'awadi')).amount).toBe('3')
    expect((await client.getAccount(own))?.pubkey?.type).toContain('EthSecp256k1')
  })

  test('sends for two of three that hold one account', async () => {
    const wallets = await Promise.all(
      [4, 5, 6].map((i) =>
        Secp256k1HdWallet.fromMnemonic(net.mnemonic, { prefix: PREFIX, hdPaths: [makeCosmoshubPath(i)] }),
      ),
    )
    const keys = await Promise.all(
      wallets.map(async (wallet) =>
        encodeSecp256k1Pubkey((await wallet.getAccounts())[0]?.pubkey as Uint8Array),
      ),
    )
    const multisig = createMultisigThresholdPubkey(keys, 2)
    const own = pubkeyToAddress(multisig, PREFIX)
    const client = await stock(direct)
    assertIsDeliverTxSuccess(await client.sendTokens(address(4), own, coins(1_000_000, 'awadi'), 'auto'))
    const to = await fresh()
    const message = messages.bank.send({ fromAddress: own, toAddress: to, amount: coins(999, 'awadi') })
    const fee = calculateFee(200_000, '0.001awadi')
    const { accountNumber, sequence } = await client.getSequence(own)
    const signed = await Promise.all(
      wallets.slice(0, 2).map(async (wallet, i) => {
        const signer = await SigningStargateClient.offline(wallet)
        const signerData = { accountNumber, sequence, chainId: net.chainId }
        const { bodyBytes, signatures } = await signer.sign(address(4 + i), [message], fee, '', signerData)
        return { address: address(4 + i), bodyBytes, signature: signatures[0] as Uint8Array }
      }),
    )
    const tx = makeMultisignedTxBytes(
      multisig,
      sequence,
      fee,
      signed[0]?.bodyBytes as Uint8Array,
      new Map(signed.map((each) => [each.address, each.signature])),
    )
    assertIsDeliverTxSuccess(await client.broadcastTx(tx, 30_000, 100))
    expect((await client.getBalance(to, 'awadi')).amount).toBe('999')
  })

  test('is told what is wrong, with codespace and code', async () => {
    const client = await stock(direct)
    const fee = calculateFee(100_000, '0awadi')
    const poor = await fresh()
    await expect(
      client.sendTokens(address(0), poor, coins(1, 'awadi'), calculateFee(1_000, '0awadi')),
    ).rejects.toMatchObject({
      codespace: 'sdk',
      code: 11,
    })
    const failed = await client.sendTokens(address(7), poor, coins(`${2n * FUNDS}`, 'awadi'), fee)
    expect(failed.code).toBe(5)
    expect(failed.height).toBeGreaterThan(0)
  })

  test('answers all typed queries of the modules served', async () => {
    const comet = await connectComet(net.rpc)
    const client = QueryClient.withExtensions(comet, setupAuthExtension, setupBankExtension, setupTxExtension)
    expect((await client.auth.account(address(9)))?.typeUrl).toBe('/cosmos.auth.v1beta1.BaseAccount')
    expect(await client.bank.balance(address(9), 'awadi')).toEqual({ denom: 'awadi', amount: `${FUNDS}` })
    expect(await client.bank.allBalances(address(9))).toEqual([{ denom: 'awadi', amount: `${FUNDS}` }])
    expect((await client.bank.totalSupply()).supply).toEqual([{ denom: 'awadi', amount: `${11n * FUNDS}` }])
    expect(await client.bank.supplyOf('awadi')).toEqual({ denom: 'awadi', amount: `${11n * FUNDS}` })
    expect(await client.bank.denomMetadata('awadi')).toMatchObject({ base: 'awadi', display: 'WADI' })
    expect(await client.bank.denomsMetadata()).toHaveLength(1)
    const sent = await (await stock(direct)).sendTokens(address(8), address(8), coins(1, 'awadi'), 'auto')
    expect((await client.tx.getTx(sent.transactionHash)).txResponse).toMatchObject({
      code: 0,
      height: BigInt(sent.height),
    })
  })
})

describe('our registry and converters inside CosmJS', () => {
  test.each(['direct', 'amino'] as const)('register an asset, signed %s', async (mode) => {
    const index = mode === 'direct' ? 0 : 1
    const amino = await Secp256k1HdWallet.fromMnemonic(net.mnemonic, {
      prefix: PREFIX,
      hdPaths: [makeCosmoshubPath(index)],
    })
    const client = await ours(mode === 'direct' ? direct : amino)
    const message = registration(address(index), `model-${mode}`, 10 + index)
    assertIsDeliverTxSuccess(await client.signAndBroadcast(address(index), [message], 'auto'))
    const reader = await WadiClient.connect(net.rpc)
    const { asset } = await reader.query.asset.assetBySlug({ creator: address(index), slug: `model-${mode}` })
    expect(asset).toMatchObject({ controller: address(index), license: { expression: 'MIT' } })
  })
})

describe('wadi/client', () => {
  test('queries with types, at a height, and throws what was refused', async () => {
    const client = await SigningWadiClient.connectWithSigner(net.rpc, direct)
    const to = await fresh()
    const send = client.tx.bank.send({ fromAddress: address(0), toAddress: to, amount: coins(5, 'awadi') })
    const { height } = await client.signAndBroadcast(address(0), [send])
    const balance = (options?: { height: number }) =>
      client.query.bank
        .balance({ address: to, denom: 'awadi' }, options)
        .then((response) => response.balance?.amount)
    expect(await balance()).toBe('5')
    expect(await balance({ height })).toBe('5')
    expect(await balance({ height: height - 1 })).toBe('0')
    await expect(client.query.asset.asset({ assetId: 999n })).rejects.toMatchObject({
      codespace: 'asset',
      code: 2,
    })
  })

  test('sends with an Ethereum key, and gives back what the message answered', async () => {
    const wallet = await DirectEthSecp256k1HdWallet.generate(12, { prefix: PREFIX })
    const own = (await wallet.getAccounts())[0]?.address as string
    const rich = await SigningWadiClient.connectWithSigner(net.rpc, direct)
    const fund = rich.tx.bank.send({
      fromAddress: address(0),
      toAddress: own,
      amount: coins(`${10n ** 18n}`, 'awadi'),
    })
    await rich.signAndBroadcast(address(0), [fund])
    const client = await SigningWadiClient.connectWithSigner(net.rpc, wallet, { gasPrice: '0.5awadi' })
    const result = await client.signAndBroadcast(own, [registration(own, 'eth', 77)])
    expect(result.responses).toMatchObject([
      { typeUrl: '/wadi.asset.v1.MsgRegisterAssetResponse', value: { version: 1 } },
    ])
  })

  test('lets a failed transaction be told from one that was refused', async () => {
    const client = await SigningWadiClient.connectWithSigner(net.rpc, direct)
    const send = (amount: bigint, gas: number) =>
      client.signAndBroadcast(
        address(7),
        [
          client.tx.bank.send({
            fromAddress: address(7),
            toAddress: address(0),
            amount: coins(`${amount}`, 'awadi'),
          }),
        ],
        { gas },
      )
    await expect(send(3n * FUNDS, 100_000)).rejects.toMatchObject({
      name: 'TxError',
      code: 5,
      height: expect.any(Number),
    })
    await expect(send(1n, 1_000)).rejects.toMatchObject({ name: 'TxError', code: 11, height: undefined })
    expect((await send(1n, 100_000)).code).toBe(0)
  })

  test('lands a hundred concurrent sends of one account', async () => {
    // CosmJS' wallet derives all its keys for every signature, so it gets one path only.
    const signer = await DirectSecp256k1HdWallet.fromMnemonic(net.mnemonic, {
      prefix: PREFIX,
      hdPaths: [makeCosmoshubPath(6)],
    })
    const client = await SigningWadiClient.connectWithSigner(net.rpc, signer, { pollMs: 500 })
    const to = await fresh()
    const before = (await client.accountNonce(address(6)))?.sequence as number
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        client.signAndBroadcast(
          address(6),
          [client.tx.bank.send({ fromAddress: address(6), toAddress: to, amount: coins(1, 'awadi') })],
          { memo: `${i}`, gas: 100_000 },
        ),
      ),
    )
    expect(results.map(({ code }) => code)).toEqual(Array.from({ length: 100 }, () => 0))
    expect((await client.query.bank.balance({ address: to, denom: 'awadi' })).balance?.amount).toBe('100')
    expect((await client.accountNonce(address(6)))?.sequence).toBe(before + 100)
  })

  test('finds its place again when another client used the account', async () => {
    const [one, other] = await Promise.all(
      [0, 1].map(() => SigningWadiClient.connectWithSigner(net.rpc, direct)),
    )
    const send = (client: SigningWadiClient | undefined, memo: string) =>
      (client as SigningWadiClient).signAndSend(
        address(5),
        [messages.bank.send({ fromAddress: address(5), toAddress: address(5), amount: coins(1, 'awadi') })],
        { gas: 100_000, memo },
      )
    const hashes: string[] = []
    // Neither waits for a block, so the sequence on the chain helps nobody.
    for (const [i, client] of [one, other, one, other, other, one].entries())
      hashes.push(await send(client, `${i}`))
    for (const hash of hashes) expect((await (one as SigningWadiClient).waitForTx(hash)).code).toBe(0)
  })
})

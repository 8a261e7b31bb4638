import { Secp256k1HdWallet, type StdSignDoc } from '@cosmjs/amino'
import {
  type AccountData,
  DirectEthSecp256k1HdWallet,
  DirectSecp256k1HdWallet,
  type OfflineSigner,
} from '@cosmjs/proto-signing'
import { AminoTypes, SigningStargateClient } from '@cosmjs/stargate'
import { TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx'
import { describe, expect, test } from 'vitest'
import { AuthInfo, TxRaw as OurTxRaw, TxBody } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { wadiAminoConverters } from './amino.ts'
import { messages } from './messages.ts'
import { wadiRegistry } from './registry.ts'
import { signTx } from './tx-signer.ts'

const mnemonic = 'test test test test test test test test test test test junk'
const prefix = 'wadi'
const wallets = {
  'DIRECT with a Cosmos key': () => DirectSecp256k1HdWallet.fromMnemonic(mnemonic, { prefix }),
  'DIRECT with an Ethereum key': () => DirectEthSecp256k1HdWallet.fromMnemonic(mnemonic, { prefix }),
  'as amino JSON': () => Secp256k1HdWallet.fromMnemonic(mnemonic, { prefix }),
}

const amount = [{ denom: 'awadi', amount: '5' }]
const tx = {
  accountNumber: 2n ** 60n,
  sequence: 7,
  chainId: 'wadi-test-1',
  gas: 123_456n,
  fee: [{ denom: 'awadi', amount: '99' }],
  memo: '<memo> & ümläut',
  timeoutHeight: 42n,
}

async function made(signer: OfflineSigner) {
  const [account] = (await signer.getAccounts()) as [AccountData]
  const { address } = account
  const send = messages.bank.send({ fromAddress: address, toAddress: address, amount })
  const register = messages.asset.registerAsset({ controller: address, kind: 1, slug: 'a' })
  return { account, address, all: [send, register] }
}

describe('a transaction is signed to the bytes of CosmJS', () => {
  test.each(Object.entries(wallets))('when it is signed %s', async (_, wallet) => {
    const signer = await wallet()
    const { account, address, all } = await made(signer)
    const cosmos = await SigningStargateClient.offline(signer, {
      registry: wadiRegistry(),
      aminoTypes: new AminoTypes(wadiAminoConverters()),
    })
    for (const timeoutHeight of [42n, undefined]) {
      const theirs = await cosmos.sign(
        address,
        all,
        { amount: tx.fee, gas: '123456' },
        tx.memo,
        tx,
        timeoutHeight,
      )
      const ours = await signTx(signer, account, { ...tx, messages: all, timeoutHeight })
      expect(ours).toEqual(TxRaw.encode(theirs).finish())
    }
  })
})

test('what a wallet changed before it signed is what is sent', async () => {
  const signer = await wallets['as amino JSON']()
  const { account, all } = await made(signer)
  const changing = {
    getAccounts: () => signer.getAccounts(),
    signAmino: (address: string, doc: StdSignDoc) => {
      const { timeout_height: _, ...rest } = doc
      const fee = { amount, gas: '200000', payer: address, granter: address }
      return signer.signAmino(address, { ...rest, fee, memo: 'changed', sequence: '8' })
    },
  }
  const raw = OurTxRaw.decode(await signTx(changing, account, { ...tx, messages: all }))
  expect(TxBody.decode(raw.bodyBytes)).toMatchObject({ memo: 'changed', timeoutHeight: 0n })
  expect(AuthInfo.decode(raw.authInfoBytes)).toMatchObject({
    signerInfos: [{ sequence: 8n }],
    fee: { amount, gasLimit: 200_000n, payer: account.address, granter: account.address },
  })
})

test('a message without amino JSON is refused, with what to do', async () => {
  const signer = await wallets['as amino JSON']()
  const { account } = await made(signer)
  const message = { typeUrl: '/other.Msg', value: {} }
  await expect(signTx(signer, account, { ...tx, messages: [message] })).rejects.toThrow(
    '/other.Msg has no amino JSON: sign it with a key that signs DIRECT',
  )
})

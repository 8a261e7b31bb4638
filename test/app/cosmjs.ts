import { createMultisigThresholdPubkey, pubkeyToAddress, Secp256k1Wallet } from '@cosmjs/amino'
import {
  DirectEthSecp256k1Wallet,
  DirectSecp256k1Wallet,
  type EncodeObject,
  type OfflineSigner,
} from '@cosmjs/proto-signing'
import { makeMultisignedTxBytes, SigningStargateClient } from '@cosmjs/stargate'
import { TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx'
import type { TestAccount } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'

/** What CosmJS' own client signs with: the account's key in one of CosmJS' wallets. */
export function walletOf(account: TestAccount, mode: 'direct' | 'amino' = 'direct'): Promise<OfflineSigner> {
  if (mode === 'amino') return Secp256k1Wallet.fromKey(account.privateKey, 'wadi')
  return account.kind === 'secp256k1'
    ? DirectSecp256k1Wallet.fromKey(account.privateKey, 'wadi')
    : DirectEthSecp256k1Wallet.fromKey(account.privateKey, 'wadi')
}

export const cosmSend = (from: string, to: string, amount = '1', denom = 'awadi'): EncodeObject => ({
  typeUrl: '/cosmos.bank.v1beta1.MsgSend',
  value: { fromAddress: from, toAddress: to, amount: [{ denom, amount }] },
})

const FEE = { amount: [], gas: '1000000' }

interface SignOptions {
  readonly mode?: 'direct' | 'amino'
  readonly memo?: string
}

/** A transaction made and signed by CosmJS alone. */
export async function cosmTx(
  chain: TestChain,
  account: TestAccount,
  messages: readonly EncodeObject[],
  options: SignOptions = {},
): Promise<Uint8Array> {
  const client = await SigningStargateClient.offline(await walletOf(account, options.mode))
  const known = account.next(chain)
  const raw = await client.sign(account.address, messages, FEE, options.memo ?? '', {
    accountNumber: known.accountNumber,
    sequence: Number(known.sequence),
    chainId: chain.chainId,
  })
  return TxRaw.encode(raw).finish()
}

/** A multisig as CosmJS makes it: its members, its key and its address. */
export function multisigOf(members: readonly TestAccount[], threshold: number) {
  const keys = members.map(({ publicKey }) => ({
    type: 'tendermint/PubKeySecp256k1',
    value: Buffer.from(publicKey).toString('base64'),
  }))
  const key = createMultisigThresholdPubkey(keys, threshold, true)
  return { key, members, address: pubkeyToAddress(key, 'wadi') }
}

/** A transaction of a multisig, signed by some of its members in amino JSON and put together by CosmJS. */
export async function multisigTx(
  chain: TestChain,
  multisig: ReturnType<typeof multisigOf>,
  signers: readonly TestAccount[],
  messages: readonly EncodeObject[],
): Promise<Uint8Array> {
  const account = chain.chain.accountOf(chain.read(), multisig.address)
  const accountNumber = account?.accountNumber ?? 0n
  const sequence = Number(account?.sequence ?? 0n)
  const signatures = new Map<string, Uint8Array>()
  let body: Uint8Array = new Uint8Array()
  for (const signer of signers) {
    const client = await SigningStargateClient.offline(await walletOf(signer, 'amino'))
    const data = { accountNumber, sequence, chainId: chain.chainId }
    const raw = await client.sign(signer.address, messages, FEE, '', data)
    signatures.set(signer.address, raw.signatures[0] as Uint8Array)
    body = raw.bodyBytes
  }
  return makeMultisignedTxBytes(multisig.key, sequence, FEE, body, signatures)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { SignMode } from '#gen/cosmos/tx/signing/v1beta1/signing.ts'
import { AuthInfo, SignDoc, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import type { TestAccount } from '../../src/testing/accounts.ts'
import { message } from '../../src/testing/types.ts'
import { accounts, CHAIN_ID, type StoredBlock } from './node-kit.ts'

/** One transfer of awadi. */
export interface Send {
  readonly from: number
  readonly to: number
  readonly amount: bigint
  readonly sequence: bigint
}

const PAUSE_MS = 20
const RETRY_MS = 100

/** A signed transaction (SIGN_MODE_DIRECT) of one transfer. */
export function sendTx({ from, to, amount, sequence }: Send): Uint8Array {
  const [sender, recipient] = [accounts[from], accounts[to]] as [TestAccount, TestAccount]
  const fields = {
    fromAddress: sender.address,
    toAddress: recipient.address,
    amount: [{ denom: 'awadi', amount: `${amount}` }],
  }
  const bodyBytes = TxBody.encode(TxBody.fromPartial({ messages: [message(MsgSend, fields)] })).finish()
  const authInfoBytes = AuthInfo.encode(
    AuthInfo.fromPartial({
      signerInfos: [
        {
          publicKey: sender.packedKey,
          modeInfo: { single: { mode: SignMode.SIGN_MODE_DIRECT } },
          sequence,
        },
      ],
      fee: { amount: [], gasLimit: 200_000n },
    }),
  ).finish()
  const signDoc = { bodyBytes, authInfoBytes, chainId: CHAIN_ID, accountNumber: BigInt(from) }
  const signature = sender.signBytes(SignDoc.encode(signDoc).finish())
  return TxRaw.encode({ bodyBytes, authInfoBytes, signatures: [signature] }).finish()
}

/** Every account sends to the next, one transfer after the other, whatever becomes of the nodes. */
export class Load {
  /** Every transfer ever offered, by its bytes in base64. */
  readonly offered = new Map<string, Send>()
  readonly #urls: () => readonly string[]
  readonly #senders: Promise<void>[] = []
  #stopped = false
  #amount = 1n

  /** @param urls RPC addresses of the nodes that may take transactions now */
  constructor(urls: () => readonly string[]) {
    this.#urls = urls
  }

  start(): void {
    for (const from of accounts.keys()) this.#senders.push(this.#send(from))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#senders)
  }

  async #send(from: number): Promise<void> {
    let sequence = 0n
    while (!this.#stopped) {
      const send = { from, to: (from + 1) % accounts.length, amount: this.#amount++, sequence }
      const tx = Buffer.from(sendTx(send)).toString('base64')
      this.offered.set(tx, send)
      sequence = await this.#broadcast(tx, from, sequence)
      await sleep(PAUSE_MS)
    }
  }

  /** The sequence of the next transfer: a kill may have emptied the mempool, and then the node says what it expects. */
  async #broadcast(tx: string, from: number, sequence: bigint): Promise<bigint> {
    const urls = this.#urls()
    const url = urls[from % Math.max(1, urls.length)]
    const answer = url === undefined ? undefined : await broadcast(url, tx)
    if (answer === undefined) {
      await sleep(RETRY_MS)
      return sequence
    }
    const expected = /expected (\d+), got/.exec(answer.log)?.[1]
    if (answer.code === 32 && expected !== undefined) return BigInt(expected)
    return answer.code === 0 ? sequence + 1n : sequence
  }
}

async function broadcast(url: string, tx: string): Promise<{ code: number; log: string } | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'broadcast_tx_sync', params: { tx } }),
      signal: AbortSignal.timeout(2_000),
    })
    return ((await response.json()) as { result?: { code: number; log: string } }).result
  } catch {
    return undefined
  }
}

/** What `blocks` did, counted by hand: a transfer moves its amount, and costs nothing else. */
export function ledgerOf(
  blocks: readonly StoredBlock[],
  codes: readonly (readonly number[])[],
  offered: ReadonlyMap<string, Send>,
  funds: bigint,
): { readonly balances: readonly bigint[]; readonly sequences: readonly bigint[]; readonly sends: number } {
  const balances = accounts.map(() => funds)
  const sequences = accounts.map(() => 0n)
  let sends = 0
  for (const [i, { txs, height }] of blocks.entries()) {
    for (const [j, tx] of txs.entries()) {
      const send = offered.get(Buffer.from(tx).toString('base64'))
      if (send === undefined) throw new Error(`block ${height} holds a transaction that nobody offered`)
      if (codes[i]?.[j] !== 0)
        throw new Error(`block ${height}: transaction ${j} failed with code ${codes[i]?.[j]}`)
      const { from, to, amount, sequence } = send
      if (sequences[from] !== sequence) {
        throw new Error(`block ${height}: sequence ${sequence} of account ${from}, due is ${sequences[from]}`)
      }
      sequences[from] = sequence + 1n
      balances[from] = (balances[from] as bigint) - amount
      balances[to] = (balances[to] as bigint) + amount
      sends++
    }
  }
  return { balances, sequences, sends }
}

/** Prints what the ABCI codec costs, without a socket: µs per CheckTx and per result of a block of bank sends. */
import { Request, RequestFinalizeBlock, RequestProcessProposal } from 'cosmjs-types/tendermint/abci/types'
import { Dispatcher } from '../../src/abci/dispatch.ts'
import { FrameReader } from '../../src/abci/frames.ts'
import { Outbox } from '../../src/abci/outbox.ts'
import type { AbciApp, ExecTxResult } from '../../src/abci/types.ts'

const TXS = 10_000
const ROUNDS = 12
const EMPTY = new Uint8Array(0)

/** The twelve events of a bank send, as wallets expect them (ante, then message). */
function bankSend(i: number): ExecTxResult {
  // addresses come out of a decoded transaction as flat strings
  const from = Buffer.from(`wadi1${String(i).padStart(38, 'q')}`).toString('latin1')
  const to = Buffer.from(`wadi1${String(i * 7).padStart(38, 'z')}`).toString('latin1')
  const pool = 'wadi17xpfvakm2amg962yls6f84z3kell8c5lserqta'
  const events = [
    { type: 'coin_spent', attributes: ['spender', from, 'amount', '200uwadi'] },
    { type: 'coin_received', attributes: ['receiver', pool, 'amount', '200uwadi'] },
    { type: 'transfer', attributes: ['recipient', pool, 'sender', from, 'amount', '200uwadi'] },
    { type: 'message', attributes: ['sender', from] },
    { type: 'tx', attributes: ['fee', '200uwadi', 'fee_payer', from] },
    { type: 'tx', attributes: ['acc_seq', `${from}/${i}`] },
    { type: 'tx', attributes: ['signature', Buffer.alloc(64, i % 251).toString('base64')] },
    {
      type: 'message',
      attributes: [
        'action',
        '/cosmos.bank.v1beta1.MsgSend',
        'sender',
        from,
        'module',
        'bank',
        'msg_index',
        '0',
      ],
    },
    { type: 'coin_spent', attributes: ['spender', from, 'amount', `${i}uwadi`, 'msg_index', '0'] },
    { type: 'coin_received', attributes: ['receiver', to, 'amount', `${i}uwadi`, 'msg_index', '0'] },
    {
      type: 'transfer',
      attributes: ['recipient', to, 'sender', from, 'amount', `${i}uwadi`, 'msg_index', '0'],
    },
    { type: 'message', attributes: ['sender', from, 'msg_index', '0'] },
  ]
  const data = Buffer.from('Eg0KCy9zb21lLk1zZ1NlbmRSZXNwb25zZQ==', 'base64')
  return {
    code: 0,
    data,
    log: '',
    info: '',
    gasWanted: 200_000,
    gasUsed: 65_600 + (i % 10),
    events,
    codespace: '',
  }
}

function frame(request: Partial<Request>): Buffer {
  const body = Request.encode(Request.fromPartial(request as Request)).finish()
  const head: number[] = []
  let length = body.length
  for (; length >= 0x80; length = Math.floor(length / 0x80)) head.push((length % 0x80) | 0x80)
  return Buffer.concat([Buffer.from([...head, length]), body])
}

const CHECKED: ExecTxResult = { ...bankSend(1), events: [], data: EMPTY }
let results: ExecTxResult[] = []
const never = () => {
  throw new Error('not part of this benchmark')
}
const app: AbciApp = {
  info: never,
  initChain: never,
  checkTx: () => CHECKED,
  prepareProposal: (req) => req,
  processProposal: () => true,
  finalizeBlock: (_req, sink) => {
    for (const result of results) sink.push(result)
    return {
      events: [],
      validatorUpdates: [],
      consensusParamUpdates: undefined,
      appHash: Buffer.alloc(32, 1),
    }
  },
  commit: () => ({ retainHeight: 0 }),
  query: never,
  disconnected: () => {},
}
const INDEXED = new Set(['message.action', 'transfer.recipient', 'transfer.sender', 'tx.acc_seq'])
const dispatcher = new Dispatcher(app, (type, key) => INDEXED.has(`${type}.${key}`), undefined)

/** Runs frames through reader, dispatcher and outbox in chunks as large as a socket's reads; returns bytes of reply. */
function drive(stream: Buffer): number {
  const reader = new FrameReader()
  const outbox = new Outbox()
  let sent = 0
  const socket = {
    cork: () => {},
    uncork: () => {},
    write: (part: Buffer) => {
      sent += part.length
    },
  }
  for (let at = 0; at < stream.length; at += 65_536) {
    reader.push(stream.subarray(at, at + 65_536))
    while (reader.next()) {
      if (reader.method === undefined) continue
      dispatcher.handle(1, reader.method, reader.buf, reader.start, reader.end)
      const large = dispatcher.takeLarge()
      if (large !== undefined) outbox.pass(large)
      else outbox.copy(dispatcher.writer)
    }
    outbox.writeTo(socket as never)
  }
  return sent
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

function measure(name: string, unit: number, run: () => number): void {
  const times: number[] = []
  let bytes = 0
  for (let i = 0; i < ROUNDS; i++) {
    const start = process.hrtime.bigint()
    bytes = run()
    times.push(Number(process.hrtime.bigint() - start) / 1000 / unit)
  }
  const [best, mid] = [Math.min(...times), median(times)]
  console.log(
    `${name.padEnd(44)} ${mid.toFixed(2)} µs median, ${best.toFixed(2)} best, ${(bytes / unit).toFixed(0)} B reply`,
  )
}

const tx = new Uint8Array(320).fill(7)
const checks = Buffer.concat(Array.from({ length: TXS }, () => frame({ checkTx: { tx, type: 0 } })))
const flush = frame({ flush: {} })
const checksFlushed = Buffer.concat(
  Array.from({ length: TXS }, () => [frame({ checkTx: { tx, type: 0 } }), flush]).flat(),
)
const txs = Array.from({ length: TXS }, () => tx)
const block = frame({ finalizeBlock: RequestFinalizeBlock.fromPartial({ height: 5n, txs }) })
const proposal = frame({ processProposal: RequestProcessProposal.fromPartial({ height: 5n, txs }) })

measure('CheckTx, 320 B', TXS, () => drive(checks))
measure('CheckTx and Flush, 320 B', TXS, () => drive(checksFlushed))
measure('ProcessProposal, per tx of 320 B', TXS, () => drive(proposal))
// fresh objects and fresh strings each round, as execution makes them; making them is not measured
const blocks = Array.from({ length: 3 }, () => Array.from({ length: TXS }, (_, i) => bankSend(i)))
let round = 0
measure('FinalizeBlock, per result of 12 events', TXS, () => {
  results = blocks[round++ % 3] as ExecTxResult[]
  return drive(block)
})

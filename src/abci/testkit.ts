/** What the tests of this folder share: frames, a client that speaks them, an application that writes calls down. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { Request, Response } from '#gen/tendermint/abci/types.ts'
import { AbciServer, type AbciServerOptions } from './server.ts'
import type {
  AbciApp,
  CheckTxResponse,
  FinalizeBlockRequest,
  FinalizeBlockResponse,
  InitChainRequest,
  PrepareProposalRequest,
  QueryRequest,
  QueryResponse,
  ResultSink,
} from './types.ts'

/** A request with the fields that matter. */
export type RequestInput = Parameters<typeof Request.fromPartial>[0]

/** An unsigned varint. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80)
  return Buffer.from([...bytes, value])
}

/** A request as CometBFT frames it. */
export function frame(request: RequestInput): Buffer {
  const body = Request.encode(Request.fromPartial(request)).finish()
  return Buffer.concat([varint(body.length), body])
}

/** All replies in `bytes`; a frame that is not complete is an error. */
export function decodeReplies(bytes: Uint8Array): Response[] {
  const reader = new BinaryReader(bytes)
  const replies: Response[] = []
  while (reader.pos < reader.len) replies.push(Response.decode(reader.bytes()))
  return replies
}

/** The name of the field a reply carries. */
export function kind(reply: Response): string {
  const set = Object.entries(reply).filter(([, value]) => value !== undefined)
  return set.map(([name]) => name).join('+')
}

export const CHECK_OK: CheckTxResponse = {
  code: 0,
  data: new Uint8Array(0),
  log: '',
  info: '',
  gasWanted: 7,
  gasUsed: 5,
  events: [],
  codespace: '',
}

/** Counts heights, keeps nothing; every call is in `calls`. Override methods to misbehave. */
export class TestApp implements AbciApp {
  readonly calls: string[] = []
  height = 0
  private prepared: number | undefined

  info() {
    this.calls.push('info')
    const lastBlockAppHash = new Uint8Array(32).fill(this.height % 256)
    return { data: 'test', version: '1', appVersion: 1n, lastBlockHeight: this.height, lastBlockAppHash }
  }

  initChain(req: InitChainRequest) {
    this.calls.push(`initChain ${req.chainId}`)
    return { consensusParams: undefined, validators: [], appHash: new Uint8Array(32) }
  }

  checkTx(tx: Uint8Array, recheck: boolean): CheckTxResponse {
    this.calls.push(recheck ? 'recheckTx' : 'checkTx')
    return { ...CHECK_OK, data: Buffer.from(tx) }
  }

  prepareProposal(req: PrepareProposalRequest) {
    this.calls.push(`prepareProposal ${req.height}`)
    return { txs: req.txs }
  }

  processProposal(): boolean {
    this.calls.push('processProposal')
    return true
  }

  finalizeBlock(req: FinalizeBlockRequest, results: ResultSink): FinalizeBlockResponse {
    this.calls.push(`finalizeBlock ${req.height}`)
    this.prepared = req.height
    for (const _ of req.txs) results.push(CHECK_OK)
    return {
      events: [],
      validatorUpdates: [],
      consensusParamUpdates: undefined,
      appHash: new Uint8Array(32).fill(req.height % 256),
    }
  }

  commit() {
    this.calls.push('commit')
    this.height = this.prepared ?? this.height
    return { retainHeight: 0 }
  }

  query(req: QueryRequest): QueryResponse | Promise<QueryResponse> {
    this.calls.push('query')
    return answer(req.path)
  }

  disconnected(): void {
    this.calls.push('disconnected')
    this.prepared = undefined
  }
}

/** A query's answer whose value is `text`. */
export function answer(text: string): QueryResponse {
  const value = Buffer.from(text)
  const key = new Uint8Array(0)
  return { code: 0, log: '', info: '', key, value, proofOps: undefined, height: 1, codespace: '' }
}

/** A connection that sends bytes and collects the replies. */
export class TestClient {
  readonly socket: Socket
  readonly closed: Promise<void>
  /** How many times data arrived. */
  reads = 0
  private rest = Buffer.alloc(0)
  private received: Response[] = []

  constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      this.reads++
      this.rest = Buffer.concat([this.rest, chunk])
      const whole = completeFrames(this.rest)
      this.received.push(...decodeReplies(this.rest.subarray(0, whole)))
      this.rest = this.rest.subarray(whole)
    })
  }

  send(...frames: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames))
  }

  /** Replies received and not taken. */
  get length(): number {
    return this.received.length
  }

  /** Waits until `count` replies are there, or the connection is closed, and takes all. */
  async replies(count: number): Promise<Response[]> {
    while (this.received.length < count && !this.socket.closed) {
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.closed])
    }
    const taken = this.received
    this.received = []
    return taken
  }
}

/** Bytes of the complete frames at the head of `bytes`. */
function completeFrames(bytes: Buffer): number {
  let p = 0
  let whole = 0
  while (p < bytes.length) {
    let length = 0
    let factor = 1
    let byte = 0x80
    while (byte >= 0x80 && p < bytes.length) {
      byte = bytes[p++] as number
      length += (byte & 0x7f) * factor
      factor *= 128
    }
    p += length
    if (byte < 0x80 && p <= bytes.length) whole = p
  }
  return whole
}

/** A server on a unix socket in a folder of its own, and what it reported. */
export class Harness {
  readonly server: AbciServer
  readonly halts: Error[] = []
  readonly protocolErrors: Error[] = []
  private readonly dir = mkdtempSync(join(tmpdir(), 'abci-'))
  private readonly clients: TestClient[] = []

  constructor(app: AbciApp | undefined, options: Partial<AbciServerOptions> = {}) {
    this.server = new AbciServer(app, {
      onHalt: (error) => this.halts.push(error),
      onProtocolError: (error) => this.protocolErrors.push(error),
      ...options,
    })
  }

  static async start(app: AbciApp | undefined, options: Partial<AbciServerOptions> = {}): Promise<Harness> {
    const harness = new Harness(app, options)
    await harness.server.listen(`unix://${join(harness.dir, 's')}`)
    return harness
  }

  async connect(): Promise<TestClient> {
    const socket = connect(join(this.dir, 's'))
    await once(socket, 'connect')
    const client = new TestClient(socket)
    this.clients.push(client)
    return client
  }

  /** Sends one request, returns its reply. */
  async ask(client: TestClient, request: RequestInput): Promise<Response> {
    client.send(frame(request))
    return (await client.replies(1))[0] as Response
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.socket.destroy()
    await this.server.close()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** Waits until `condition` holds; the test's own timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

let open: Harness[] = []

/** Stops every harness of this file; for `afterEach`. */
export async function stopAll(): Promise<void> {
  for (const harness of open) await harness.stop()
  open = []
}

/** Starts a server that `stopAll` ends. */
export async function start(
  app: TestApp | undefined,
  options: Partial<AbciServerOptions> = {},
): Promise<Harness> {
  const harness = await Harness.start(app, options)
  open.push(harness)
  return harness
}

/** Starts a server with one client. */
export async function startOne(): Promise<{ app: TestApp; harness: Harness; client: TestClient }>
export async function startOne<A extends TestApp>(
  app: A,
  options?: Partial<AbciServerOptions>,
): Promise<{ app: A; harness: Harness; client: TestClient }>
export async function startOne(app: TestApp = new TestApp(), options: Partial<AbciServerOptions> = {}) {
  const harness = await start(app, options)
  return { app, harness, client: await harness.connect() }
}

/** Answers queries when told to. */
export class SlowQueries extends TestApp {
  readonly waiting: { path: string; settle: (r: QueryResponse) => void; refuse: (e: Error) => void }[] = []
  override query({ path }: { path: string }): Promise<QueryResponse> {
    return new Promise((settle, refuse) => this.waiting.push({ path, settle, refuse }))
  }
}

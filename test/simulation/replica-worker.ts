import { toHex } from '#lib/bytes.ts'
import { chain } from '#modules/chain.ts'
import { openStorage, type Storage } from '../../src/store/storage.ts'
import { TestChain } from '../../src/testing/chain.ts'
import { type Block, type Reply, type Request, verdictOf } from './protocol.ts'

/*
 * A replica as its own process, with its own time zone, language and data folder. It executes what it is told, takes
 * detours on the way and says what came of it.
 */

/** Versions between two snapshots: recovery is to use log and snapshots alike. */
const SNAPSHOT_INTERVAL = 40

type Opening = Extract<Request, { readonly do: 'open' }>

class Replica {
  readonly #opening: Opening
  #storage: Storage
  #node: TestChain

  private constructor(opening: Opening, storage: Storage) {
    this.#opening = opening
    this.#storage = storage
    this.#node = this.#start()
  }

  static async open(opening: Opening): Promise<Replica> {
    return new Replica(opening, await openAt(opening.folder))
  }

  get height(): number {
    return this.#node.height
  }

  get appHash(): string {
    return this.height === 0 ? '' : toHex(this.#node.appHash)
  }

  async execute({ height, time, txs, detour }: Block) {
    if (height !== this.height + 1) throw new Error(`block ${height} came at height ${this.height}`)
    if (detour === 'restart' && height > 1) await this.#restart()
    if (detour === 'check') for (const tx of txs) this.#node.checkTx(tx)
    if (detour === 'again' && height > 1) this.#abandon(txs, time)
    const block = this.#node.nextBlock(txs, { time })
    if (detour === 'check') for (const tx of txs) this.#node.checkTx(tx, true)
    return verdictOf(block)
  }

  async close(): Promise<void> {
    await this.#storage.close()
  }

  /** Everything but the commit, as when the connection breaks before it. */
  #abandon(txs: readonly Uint8Array[], time: bigint): void {
    const request = this.#node.blockRequest(txs, { time })
    this.#node.app.processProposal({ ...request, proposedLastCommit: undefined })
    this.#node.app.finalizeBlock({ ...request, decidedLastCommit: undefined }, [])
    this.#node.app.disconnected()
  }

  async #restart(): Promise<void> {
    await this.#storage.close()
    this.#storage = await openAt(this.#opening.folder)
    this.#node = this.#start()
  }

  #start(): TestChain {
    const { genesis, chainId } = this.#opening
    return TestChain.create(chain, { genesis, chainId, state: this.#storage, checkInvariants: false })
  }
}

const openAt = (folder: string): Promise<Storage> =>
  openStorage(folder, chain.stores, { snapshotInterval: SNAPSHOT_INTERVAL })

let replica: Replica | undefined

async function answer(request: Request): Promise<Reply> {
  if (request.do === 'open') {
    replica = await Replica.open(request)
    const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions()
    return { is: 'open', height: replica.height, appHash: replica.appHash, timeZone, locale }
  }
  if (replica === undefined) throw new Error(`${request.do} before open`)
  if (request.do === 'block') return { is: 'verdict', verdict: await replica.execute(request.block) }
  await replica.close()
  return { is: 'closed' }
}

let busy: Promise<void> = Promise.resolve()

process.on('message', (request: Request) => {
  busy = busy.then(async () => {
    const reply = await answer(request).catch(
      (error: Error): Reply => ({ is: 'error', message: error.stack ?? error.message }),
    )
    process.send?.(reply)
    if (reply.is === 'closed') process.disconnect()
  })
})

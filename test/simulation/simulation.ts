import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from '#lib/bytes.ts'
import { chain } from '#modules/chain.ts'
import { TestChain } from '../../src/testing/chain.ts'
import { cast } from './actors.ts'
import { Counters } from './counters.ts'
import { Generators } from './generators.ts'
import { simulationGenesis } from './genesis.ts'
import { verdictOf } from './protocol.ts'
import { Random } from './random.ts'
import { ReplicaProcess } from './replicas.ts'
import { type MadeTx, Signer } from './transactions.ts'
import { World } from './world.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly blocks: number
  /** With the leader, which runs in this process. */
  readonly replicas: number
  /** Other programs for the replicas' processes, by turns. */
  readonly nodes?: readonly string[]
  readonly onBlock?: (height: number) => void
}

export interface SimulationReport {
  readonly seed: number
  readonly counters: Counters
  readonly appHash: string
  readonly restarts: number
  readonly kills: number
  /** Time zones and languages of the replicas beside the leader. */
  readonly places: readonly string[]
  /** What the run did not reach; empty if all is well. */
  readonly shortfalls: readonly string[]
}

const CHAIN_ID = 'wadi-simulation-1'
/** Transactions a block. */
const LEAST_TXS = 20
const TXS = [24, 34] as const
/** Accepted messages of every type that 5,000 blocks are due. */
const LEAST_ACCEPTED = 100
const WHOLE_BLOCKS = 5_000

/**
 * Runs a seed: the leader makes and executes blocks and checks every invariant after each, the other replicas follow.
 * Throws where they disagree, where an invariant breaks, and where an export does not lead back to the same state.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const folder = mkdtempSync(join(tmpdir(), 'wadi-simulation-'))
  const actors = cast()
  const genesis = simulationGenesis(actors)
  const replicas = startable(options, folder, genesis)
  try {
    await Promise.all(replicas.map((replica) => replica.start()))
    const places = replicas.map(({ place }) => place)
    const leader = TestChain.create(chain, { genesis, chainId: CHAIN_ID })
    const counters = await run(
      options,
      leader,
      new World(leader, new Random(`${options.seed}`), actors),
      replicas,
    )
    await Promise.all(replicas.map((replica) => replica.finish()))
    checkExport(leader)
    const sum = (what: 'restarts' | 'kills') => replicas.reduce((total, replica) => total + replica[what], 0)
    return {
      seed: options.seed,
      counters,
      appHash: toHex(leader.appHash),
      restarts: sum('restarts'),
      kills: sum('kills'),
      places,
      shortfalls: counters.shortfalls(leastAccepted(options.blocks), LEAST_TXS),
    }
  } finally {
    for (const replica of replicas) replica.abandon()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** 100 over 5,000 blocks, and their share over fewer. */
const leastAccepted = (blocks: number): number =>
  Math.min(LEAST_ACCEPTED, Math.floor((LEAST_ACCEPTED * blocks) / WHOLE_BLOCKS))

function startable(
  { seed, replicas, nodes = [] }: SimulationOptions,
  folder: string,
  genesis: Record<string, unknown>,
): ReplicaProcess[] {
  return Array.from({ length: replicas - 1 }, (_, i) => {
    const index = i + 1
    const node = nodes[i % Math.max(1, nodes.length)]
    return new ReplicaProcess({
      index,
      folder: join(folder, `${index}`),
      chainId: CHAIN_ID,
      genesis,
      random: new Random(`${seed} replica ${index}`),
      ...(node === undefined ? {} : { node }),
    })
  })
}

async function run(
  { seed, blocks, onBlock }: SimulationOptions,
  leader: TestChain,
  world: World,
  replicas: readonly ReplicaProcess[],
): Promise<Counters> {
  const { random } = world
  const counters = new Counters([...chain.messages.values()].map(({ request }) => request.$type))
  const signer = new Signer(world, new Generators(chain))
  for (let height = 1; height <= blocks; height++) {
    // Genesis can be read from its first block on, which is empty and does not count.
    const made = height === 1 ? [] : signer.block(random.between(...TXS))
    const txs = height === 1 ? [] : decided(leader, random, made)
    const time =
      leader.time.seconds + BigInt(random.chance(0.01) ? random.between(60, 100_000) : random.below(7))
    const bytes = txs.map((tx) => tx.bytes)
    const block = leader.nextBlock(bytes, { time })
    if (height > 1) counters.block(txs, block.results)
    const names = txs.map(
      ({ typeNames, fault }) => `${typeNames.join(' + ')}${fault === undefined ? '' : ` (${fault})`}`,
    )
    const verdict = verdictOf(block)
    for (const replica of replicas) await replica.execute({ height, time, txs: bytes }, verdict, names)
    onBlock?.(height)
  }
  if (leader.height !== blocks) throw new Error(`seed ${seed} ended at height ${leader.height}`)
  return counters
}

/**
 * Half of the blocks are what a proposer makes of the transactions, the others hold what no proposer would take
 * too.
 */
function decided(leader: TestChain, random: Random, made: readonly MadeTx[]): readonly MadeTx[] {
  if (!random.chance(0.5)) return made
  const { txs, accepted } = leader.propose(made.map((tx) => tx.bytes))
  if (!accepted)
    throw new Error(`height ${leader.height + 1}: another validator refuses what a proposer made`)
  const chosen = txs.map((bytes) => made.find((tx) => Buffer.from(tx.bytes).equals(bytes)) as MadeTx)
  return chosen.length < LEAST_TXS ? made : chosen
}

/** A chain that begins with an export of another has the same keys and values, and exports the same again. */
function checkExport(leader: TestChain): void {
  const exported = leader.exportGenesis()
  const consensusParams = chain.consensus.params(leader.read())
  const begin = (genesis: Record<string, unknown>): TestChain => {
    const begun = TestChain.create(chain, {
      genesis,
      chainId: CHAIN_ID,
      consensusParams,
      time: leader.time.seconds,
    })
    begun.nextBlock()
    return begun
  }
  const once = begin(exported)
  compareStores(leader, once)
  const twice = begin(once.exportGenesis())
  const [a, b] = [toHex(once.appHash), toHex(twice.appHash)]
  if (a !== b) throw new Error(`an import has app hash ${a}, the import of its export ${b}`)
}

function compareStores(leader: TestChain, begun: TestChain): void {
  const [before, after] = [leader.dump(), begun.dump()]
  for (const [store, entries] of Object.entries(before)) {
    const found = new Map(after[store])
    for (const [key, value] of entries) {
      if (found.get(key) !== value)
        throw new Error(`store ${store}: key ${hex(key)} is lost or changed by an export`)
      found.delete(key)
    }
    const [extra] = found.keys()
    if (extra !== undefined) throw new Error(`store ${store}: key ${hex(extra)} comes from an export alone`)
  }
}

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex')

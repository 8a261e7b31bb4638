import { join } from 'node:path'
import { serveControl } from './localnet-control.ts'
import { addFullNodeHome, readLocalnet } from './localnet-files.ts'
import { type AppCommand, LocalnetNode } from './localnet-node.ts'
import type { LogSink } from './log-lines.ts'
import { type RunLock, takeRunLock } from './run-record.ts'

export interface RunLocalnetOptions {
  readonly dir: string
  /** The command line that runs one node on its home: the application, which starts CometBFT itself. */
  readonly appCommand: (home: string) => AppCommand
  readonly onLog?: LogSink
}

/** A running net: every node its own two processes. */
export interface Localnet {
  readonly dir: string
  readonly chainId: string
  /** In the order of their numbers; grows with {@link addFullNode}. */
  readonly nodes: readonly LocalnetNode[]
  /** Adds a node without a vote, started; it syncs the blocks the others have. */
  addFullNode(): Promise<LocalnetNode>
  /** Ends every node in order. */
  stop(): Promise<void>
}

/** Starts all nodes of an initialised folder, and the socket over which other terminals command them. */
export async function runLocalnet({
  dir,
  appCommand,
  onLog = () => {},
}: RunLocalnetOptions): Promise<Localnet> {
  const spec = readLocalnet(dir)
  const lock = takeRunLock(join(spec.dir, 'run.json'))
  const nodes: LocalnetNode[] = []
  const add = (node: { name: string; validator: boolean }) => {
    const made = new LocalnetNode(nodes.length, node, join(spec.dir, node.name), appCommand, onLog)
    nodes.push(made)
    return made
  }
  try {
    for (const node of spec.nodes) add(node)
    await Promise.all(nodes.map((node) => node.start()))
    return await serve({ dir: spec.dir, chainId: spec.chainId, nodes, lock, add })
  } catch (error) {
    await stopAll(nodes)
    lock.release()
    throw error
  }
}

interface Parts {
  readonly dir: string
  readonly chainId: string
  readonly nodes: LocalnetNode[]
  readonly lock: RunLock
  readonly add: (node: { name: string; validator: boolean }) => LocalnetNode
}

async function serve({ dir, chainId, nodes, lock, add }: Parts): Promise<Localnet> {
  const addFullNode = async () => {
    const node = add({ name: await addFullNodeHome(dir), validator: false })
    await node.start()
    return node
  }
  const closeControl = await serveControl(dir, nodes, addFullNode)
  let stopped: Promise<void> | undefined
  const stop = async () => {
    await closeControl()
    await stopAll(nodes)
    lock.release()
  }
  return {
    dir,
    chainId,
    nodes,
    addFullNode,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

async function stopAll(nodes: readonly LocalnetNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()))
}

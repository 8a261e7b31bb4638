import type { Mining } from '../../solo/miner.ts'
import type { NodeContext } from '../context.ts'
import { parseBlockTime } from '../duration.ts'
import { appLog } from '../node/app-log.ts'
import type { QueryDoors } from '../node/app-server.ts'
import { NodeError } from '../node/errors.ts'
import { homePaths, readHome } from '../node/home.ts'
import { logPrinter } from '../node/log-lines.ts'
import { LOOPBACK } from '../node/ports.ts'
import { takeRunLock } from '../node/run-record.ts'
import { type RunningSolo, startSolo } from '../node/solo.ts'
import {
  type Banner,
  type DevOptions,
  devChainId,
  movedLines,
  onFreePorts,
  prepareDevHome,
  printBanner,
  printReady,
} from './dev.ts'
import { nodeDoors, openDevDoors } from './dev-doors.ts'
import { logFormat, openDoors, untilEnd } from './start.ts'

/** Beside `.wadi/devnet`, whose blocks CometBFT makes. */
const SOLO_HOME = '.wadi/solo'
/** Where nobody asks for blocks, time passes all the same. */
const IDLE_MS = 1_000

/** The devnet without CometBFT; `reason` says why, and is told. */
export async function runSoloDev(context: NodeContext, options: DevOptions, reason: string): Promise<number> {
  const mining = miningOf(options)
  if (options.traceAbci !== undefined)
    throw new NodeError(
      'bad-option',
      '--trace-abci needs CometBFT: in solo mode there is no socket to trace',
      ['leave it out, or leave --solo out'],
    )
  const folder = options.home ?? SOLO_HOME
  prepareDevHome(folder, options.reset === true)
  const home = readHome(folder)
  const format = logFormat(options)
  const log = appLog(logPrinter(context.stderr, format), { format, levels: options.logLevel })
  // Taken before anything is opened: a second process must not touch it.
  const lock = takeRunLock(homePaths(folder).runRecord)
  const { started, ports, moved } = await onFreePorts((ports) => {
    const at = (port: number) => ({ host: LOOPBACK, port })
    return startSolo(context, {
      home,
      lock,
      log,
      mining,
      rpc: at(ports.rpc),
      // For development: pages and explorers in a browser may call.
      rest: { ...at(ports.rest), cors: ['*'] },
      grpc: at(ports.grpc),
    })
  }).catch((error) => {
    lock.release()
    throw error
  })
  if (started.replayed > 0)
    log('warn', `${started.replayed} block(s) executed once more after an unclean end`)
  const ended = untilEnd(started, context)
  const serving = await servingOf(started)
  if (serving === undefined) return ended
  lock.update(openDoors(serving))
  const note = (message: string) => log('info', message)
  const more = await openDevDoors(nodeDoors(started.rpcUrl, serving), note).catch(async (error) => {
    await started.stop()
    throw error
  })
  lock.update(more.record)
  const banner: Banner = {
    chainId: devChainId(),
    home: home.paths.home,
    height: started.continued ? started.height() : 0,
    doors: more.doors,
    moved: movedLines({ ...ports, ...more.ports }, [
      ...moved.filter((name) => name !== 'telemetry'),
      ...more.moved,
    ]),
    versions: { wadi: context.version, node: process.versions.node },
    solo: soloText(reason, mining),
  }
  printBanner(context, options, banner)
  printReady(context, options, started.height())
  return ended.finally(() => more.close())
}

function miningOf({ blockTime, mining }: DevOptions): Mining {
  if (mining === false && blockTime !== undefined)
    throw new NodeError('bad-option', '--no-mining and --block-time contradict each other', ['leave one out'])
  if (mining === false) return { kind: 'manual' }
  if (blockTime === undefined) return { kind: 'instant', idleMs: IDLE_MS }
  return { kind: 'timed', ms: parseBlockTime(blockTime) }
}

/** What it is, and plainly what it is not. */
function soloText(reason: string, mining: Mining): string {
  const blocks =
    mining.kind === 'instant'
      ? `as soon as a transaction waits, else every ${mining.idleMs / 1000} s`
      : mining.kind === 'timed'
        ? `every ${mining.ms} ms`
        : 'when dev_mine asks for one'
  return `SOLO MODE (${reason})
This process makes the blocks, ${blocks}.
It is NOT CometBFT: one node, no peers, no fault tolerance, block hashes of its own. For development only.
Beside CometBFT's methods the RPC has dev_snapshot, dev_revert, dev_increase_time, dev_mine, dev_set_balance.`
}

/** Where queries are answered; undefined when the node ended before. */
async function servingOf(started: RunningSolo): Promise<QueryDoors | undefined> {
  const ended = started.exited.then(() => undefined)
  try {
    return await Promise.race([started.serving, ended])
  } catch (error) {
    await started.stop()
    throw error
  }
}

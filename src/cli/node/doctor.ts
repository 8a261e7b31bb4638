import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findCometbft } from './cometbft.ts'
import { checkGenesis, checkKeyModes } from './doctor/files.ts'
import { bad, type Finding, firstLine, good } from './doctor/finding.ts'
import {
  checkDisk,
  checkMemory,
  checkNodeVersion,
  checkOpenFiles,
  checkVerifier,
  watchClock,
} from './doctor/machine.ts'
import { portHolder } from './doctor/port-holder.ts'
import { checkClock, checkHealth, checkPeers, checkRunningVersion } from './doctor/running.ts'
import { type System, thisSystem } from './doctor/system.ts'
import { NodeError } from './errors.ts'
import { homePaths, type NodeHome, readHome } from './home.ts'
import { isPortFree } from './ports.ts'
import { nodeStatus } from './rpc.ts'
import { type RunRecord, runningOn } from './run-record.ts'

export interface DoctorOptions {
  readonly home: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A node to compare with; the one that runs on this home when absent. */
  readonly rpcUrl?: string
  /** Parts of another machine than this, for tests. */
  readonly system?: Partial<System>
}

/** Looks for the usual reasons why a node does not run, or will not for long; changes nothing, and never throws. */
export async function runDoctor(options: DoctorOptions): Promise<readonly Finding[]> {
  const system: System = { ...thisSystem, ...options.system }
  const clockFinding = watchClock(system)
  const findings = [
    checkNodeVersion(system),
    checkVerifier(system),
    checkCometbft(options.env ?? process.env),
    checkOpenFiles(system),
  ]
  const home = openHome(options.home)
  if (home instanceof NodeError)
    return [...findings, bad('home', firstLine(home), devnetBeside(options.home) ?? home.fix[0] ?? '')]
  const record = runningOn(home.paths.runRecord)
  findings.push(
    good('home', home.paths.home),
    checkKeyModes(home),
    checkDisk(system, home.paths),
    checkMemory(system, home.paths, record !== undefined),
    ...(await checkPorts(home, record)),
    ...(await checkRunning(home, options.rpcUrl, record, system)),
    clockFinding(),
  )
  return findings
}

async function checkRunning(
  home: NodeHome,
  asked: string | undefined,
  record: RunRecord | undefined,
  system: System,
): Promise<readonly Finding[]> {
  const rpcUrl = asked ?? record?.rpcUrl
  if (rpcUrl === undefined)
    return [good('running', 'no node runs on this home'), await checkGenesis(home, undefined)]
  const health = record?.telemetryUrl === undefined ? [] : [await checkHealth(record.telemetryUrl)]
  const status = await nodeStatus(rpcUrl)
  if (status === undefined) {
    const silent = bad('running', `${rpcUrl} does not answer`, 'wait until it has started, or read its log')
    return [silent, ...health, await checkGenesis(home, undefined)]
  }
  return [
    good('running', `${rpcUrl} at height ${status.height}`),
    ...health,
    checkRunningVersion(status),
    checkClock(status, system.now()),
    await checkPeers(home.paths, rpcUrl),
    await checkGenesis(home, rpcUrl),
  ]
}

function checkCometbft(env: Readonly<Record<string, string | undefined>>): Finding {
  try {
    const { path, version } = findCometbft(env)
    return good('cometbft', `v${version} at ${path}`)
  } catch (error) {
    return bad('cometbft', firstLine(error), error instanceof NodeError ? (error.fix[0] ?? '') : '')
  }
}

function openHome(home: string): NodeHome | NodeError {
  try {
    return readHome(home)
  } catch (error) {
    if (error instanceof NodeError) return error
    return new NodeError('home-damaged', firstLine(error), [`look at ${homePaths(home).config}`])
  }
}

/** Who asks for no home by name, and has run a devnet, means that one. */
function devnetBeside(home: string): string | undefined {
  const devnet = join(dirname(home), 'devnet')
  if (existsSync(homePaths(home).genesis) || !existsSync(homePaths(devnet).genesis)) return undefined
  return `there is a devnet beside it: --home ${devnet}`
}

async function checkPorts(home: NodeHome, running: RunRecord | undefined): Promise<readonly Finding[]> {
  if (running !== undefined) return [good('ports', `this home's node runs (process ${running.pid})`)]
  const { rpc, p2p, app, metrics } = home
  const doors = {
    ...{ rpc, p2p },
    ...(app.rest.enabled ? { rest: app.rest } : {}),
    ...(app.grpc.enabled ? { grpc: app.grpc } : {}),
    ...(app.telemetry.enabled ? { telemetry: app.telemetry } : {}),
    ...(metrics.enabled ? { prometheus: metrics } : {}),
  }
  return Promise.all(
    Object.entries(doors).map(async ([name, { host, port }]) => {
      const check = `${name} port`
      if (await isPortFree(port, host)) return good(check, `${host}:${port} is free`)
      const holder = portHolder(port)
      const by = holder === undefined ? '' : ` by process ${holder.pid} (${holder.command})`
      const fix = 'stop what listens there, or change it in config/'
      return bad(check, `${host}:${port} is taken${by}`, fix)
    }),
  )
}

import { spawnSync } from 'node:child_process'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { NodeError } from './errors.ts'

/** What a running process writes about itself into `run.json`; the same file is the lock of the folder. */
export interface RunRecord {
  readonly pid: number
  /** When the process started, by the system's own clock of processes: a reused pid is told apart by it. */
  readonly started: string
  readonly cometbftPid?: number
  readonly cometbftStarted?: string
  readonly rpcUrl?: string
  /** Known from when REST listens. */
  readonly restUrl?: string
  /** Of a devnet. */
  readonly faucetUrl?: string
  readonly pageUrl?: string
  /** Known from when /metrics and /health are served. */
  readonly telemetryUrl?: string
  /** Known from when gRPC listens, as `127.0.0.1:9090`. */
  readonly grpcAddress?: string
}

/** Held while a process works on a folder. */
export interface RunLock {
  /** What a process that was killed left behind. */
  readonly previous: RunRecord | undefined
  /** Adds to the record that others read; nothing once it is released. */
  update(more: Omit<Partial<RunRecord>, 'pid' | 'started'>): void
  release(): void
}

/**
 * Takes `file` (the `run.json` of a home or localnet) for this process. Throws `home-in-use` while another living
 * process holds it; what a killed one left behind does not count.
 */
export function takeRunLock(file: string): RunLock {
  let record: RunRecord = { pid: process.pid, started: processStart(process.pid) ?? '' }
  let previous: RunRecord | undefined
  let held = true
  for (let attempt = 0; attempt < 100; attempt++) {
    if (createExclusively(file, record)) {
      return {
        previous,
        update(more) {
          if (!held) return
          record = { ...record, ...more }
          replaceFile(file, record)
        },
        release() {
          held = false
          if (readRecord(file)?.pid === process.pid) rmSync(file, { force: true })
        },
      }
    }
    const holder = runningOn(file)
    if (holder !== undefined) throw inUse(file, holder)
    previous = readRecord(file) ?? previous
    removeStale(file)
  }
  throw new NodeError('home-in-use', `${file} changes hands all the time`, [
    'start one process on it, not many',
  ])
}

/** The record of the process that runs on a folder, or undefined when there is none alive. */
export function runningOn(file: string): RunRecord | undefined {
  const record = readRecord(file)
  return record !== undefined && processStart(record.pid) === record.started ? record : undefined
}

/** The CometBFT a record speaks of, while that very process lives. */
export function cometbftOf(record: RunRecord | undefined): number | undefined {
  const { cometbftPid: pid, cometbftStarted: started } = record ?? {}
  return pid !== undefined && processStart(pid) === started ? pid : undefined
}

/** The record as it stands, whether or not its process lives. */
export function readRecord(file: string): RunRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as RunRecord
    return Number.isSafeInteger(record.pid) ? record : undefined
  } catch {
    return undefined
  }
}

function inUse(file: string, { pid }: RunRecord): NodeError {
  return new NodeError('home-in-use', `${dirname(file)} is in use by process ${pid}`, [
    `stop that process first (Ctrl-C in its terminal, or "kill ${pid}")`,
    'or give this one another folder with --home',
  ])
}

/** A link appears with its content, so nobody reads half a record. */
function createExclusively(file: string, record: RunRecord): boolean {
  const draft = `${file}.${process.pid}.tmp`
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Moved away first: of two processes that find it stale, one gets it, and a fresh one moved by mistake is put back. */
function removeStale(file: string): void {
  const moved = `${file}.${process.pid}.stale`
  try {
    renameSync(file, moved)
  } catch {
    return
  }
  if (runningOn(moved) !== undefined) linkSync(moved, file)
  rmSync(moved, { force: true })
}

function replaceFile(file: string, record: RunRecord): void {
  const draft = `${file}.${process.pid}.tmp`
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 })
  renameSync(draft, file)
}

/** A text that differs between two processes of the same pid; undefined when there is no such process. */
export function processStart(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined
  if (process.platform === 'linux') return linuxStart(pid)
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 })
  return ps.status === 0 ? ps.stdout.trim() : 'unknown'
}

/** Start time in clock ticks since boot, and the boot; a zombie has ended. */
function linuxStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return fields[0] === 'Z' ? undefined : `${boot}/${fields[19]}`
  } catch {
    return undefined
  }
}

/** True while a process of that id exists, one of another user included. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

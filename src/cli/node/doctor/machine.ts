import { genesisBytes, goMemoryLimitMib } from '../go-memory.ts'
import type { HomePaths } from '../home.ts'
import { bad, type Finding, firstLine, good, warn } from './finding.ts'
import type { System } from './system.ts'

const NODE_MAJOR = 24
const MIB = 1024 ** 2
const GIB = 1024 ** 3
/** Below this a node halts within days; below the other it is time to act. */
const LEAST_DISK_BYTES = 2 * GIB
const LOW_DISK_BYTES = 10 * GIB
/** CometBFT makes files by the thousand. */
const LEAST_FREE_FILES = 10_000
/** What a node opens without any client: logs, databases, peers. */
const LEAST_OPEN_FILES = 1_024
/** With these REST takes the connections that it takes by default. */
const AMPLE_OPEN_FILES = 4_608
/** The application with an empty state; it takes three times the genesis file more. */
const APP_MIB = 512
/** How far the two clocks may drift apart while the doctor looks. */
const CLOCK_STEP_MS = 500

export function checkNodeVersion({ nodeVersion }: System): Finding {
  if (Number(nodeVersion.split('.')[0]) >= NODE_MAJOR) return good('node', `Node ${nodeVersion}`)
  return bad('node', `Node ${nodeVersion} is older than ${NODE_MAJOR}`, 'run it with npm, or install Node 24')
}

export function checkVerifier(system: System): Finding {
  try {
    system.loadNativeVerifier()
    return good('verifier', 'native libsecp256k1')
  } catch (error) {
    const detail = `the native libsecp256k1 does not load: ${firstLine(error)}`
    return bad('verifier', detail, 'npm rebuild secp256k1')
  }
}

export function checkOpenFiles(system: System): Finding {
  const limit = system.openFiles()
  if (limit === undefined) return good('open files', 'this system sets no limit that can be read')
  const fix = `raise it: "ulimit -n 65536" in the shell, or LimitNOFILE=65536 in the node's systemd unit`
  if (limit < LEAST_OPEN_FILES) {
    return bad('open files', `at most ${limit}: a node that cannot open a file halts`, fix)
  }
  if (limit < AMPLE_OPEN_FILES) {
    return warn('open files', `at most ${limit}: REST takes fewer connections than it could`, fix)
  }
  return good('open files', `at most ${limit}`)
}

export function checkDisk(system: System, { home }: HomePaths): Finding {
  const { freeBytes, files, freeFiles } = system.disk(home)
  const room = `${gib(freeBytes)} free`
  const fix = `free some space where ${home} is; a full disk halts the node`
  if (freeBytes < LEAST_DISK_BYTES) return bad('disk', `only ${room}`, fix)
  if (files > 0 && freeFiles < LEAST_FREE_FILES) {
    const detail = `${room}, but only ${freeFiles} more files (inodes) can be made`
    return bad('disk', detail, `remove small files where ${home} is, or use a disk that has more inodes`)
  }
  if (freeBytes < LOW_DISK_BYTES) return warn('disk', `only ${room}`, fix)
  return good('disk', files > 0 ? `${room}, room for ${freeFiles} files` : room)
}

/** CometBFT's heap limit and what the application needs, against what this process may use. */
export function checkMemory(system: System, paths: HomePaths, running: boolean): Finding {
  const genesis = genesisBytes(paths.genesis)
  const needed = (goMemoryLimitMib(genesis) + APP_MIB) * MIB + 3 * genesis
  const { total, free } = system.memory()
  const what = `a node with this genesis takes up to ${gib(needed)}`
  const fix = 'use a machine with more, or raise the limit of the container'
  if (total < needed)
    return bad('memory', `${gib(total)} in all; ${what}, and is killed when it gets no more`, fix)
  if (!running && free !== undefined && free < needed) {
    return warn('memory', `${gib(free)} free of ${gib(total)}; ${what}`, 'end what else runs here')
  }
  return good('memory', `${gib(total)} in all; ${what}`)
}

/** Begins to look at the clock; the result says whether somebody set it meanwhile. */
export function watchClock(system: System): () => Finding {
  const [wall, steady] = [system.now(), system.monotonic()]
  return () => {
    const step = system.now() - wall - (system.monotonic() - steady)
    if (Math.abs(step) <= CLOCK_STEP_MS) return good('clock steps', 'the clock goes steadily')
    return warn(
      'clock steps',
      `the clock was set by ${(step / 1000).toFixed(1)} s while this looked: timeouts of consensus go wrong`,
      'let one NTP service run, which slews the clock instead of setting it',
    )
  }
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`
}

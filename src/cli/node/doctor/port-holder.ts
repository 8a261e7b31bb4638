import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Processes that are looked at; a machine with more keeps its secret. */
const MAX_PROCESSES = 20_000

export interface PortHolder {
  readonly pid: number
  readonly command: string
}

/**
 * The process that listens on a TCP port of this machine. Undefined when nobody does, when it belongs to another user,
 * and where there is no /proc.
 */
export function portHolder(port: number): PortHolder | undefined {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listeningInodes(table, port)))
  if (sockets.size === 0) return undefined
  for (const pid of processes()) {
    if (holdsOne(pid, sockets)) return { pid: Number(pid), command: commandOf(pid) }
  }
  return undefined
}

const LISTEN = '0A'

/** Rows of /proc/net/tcp: slot, local address:port in hexadecimal, remote, state, …, inode in the tenth column. */
function listeningInodes(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return (readText(`/proc/net/${table}`) ?? '')
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === LISTEN && local.endsWith(wanted))
    .map((row) => `socket:[${row[9]}]`)
}

function processes(): string[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .slice(0, MAX_PROCESSES)
  } catch {
    return []
  }
}

function holdsOne(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`))
      } catch {
        return false
      }
    })
  } catch {
    return false
  }
}

/** Its name and first arguments, as far as they help to know it. */
function commandOf(pid: string): string {
  const words = (readText(`/proc/${pid}/cmdline`) ?? '').split('\0').filter((word) => word !== '')
  return words.slice(0, 3).join(' ').slice(0, 120) || (readText(`/proc/${pid}/comm`) ?? '').trim()
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

import { readFileSync, statfsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { totalmem } from 'node:os'
import { descriptorLimit } from '../../../query/rest-limits.ts'

/** The machine as the doctor sees it. Tests put another in its place: a full disk is not to be had otherwise. */
export interface System {
  /** Wall clock in milliseconds. */
  now(): number
  /** A clock in milliseconds that nobody sets. */
  monotonic(): number
  readonly nodeVersion: string
  /** Throws if it cannot be loaded. */
  loadNativeVerifier(): void
  /** Files and sockets a process may have open; undefined where the system does not say. */
  openFiles(): number | undefined
  /** Bytes this process may use, and those that are free; `free` is undefined where the system does not say. */
  memory(): { readonly total: number; readonly free: number | undefined }
  /** Of the disk that holds a folder; `files` is 0 where files are not counted. */
  disk(folder: string): { readonly freeBytes: number; readonly files: number; readonly freeFiles: number }
}

export const thisSystem: System = {
  now: Date.now,
  monotonic: () => performance.now(),
  nodeVersion: process.versions.node,
  loadNativeVerifier: () => void createRequire(import.meta.url)('secp256k1/bindings.js'),
  openFiles: () => descriptorLimit(),
  memory() {
    const limit = process.constrainedMemory()
    const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
    return { total, free: freeMemory() }
  },
  disk(folder) {
    const { bavail, bsize, files, ffree } = statfsSync(folder)
    return { freeBytes: bavail * bsize, files, freeFiles: ffree }
  },
}

/** With what the system gives back when asked, which `os.freemem` of older systems leaves out. */
function freeMemory(): number | undefined {
  try {
    const kib = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
    return kib === undefined ? undefined : Number(kib) * 1024
  } catch {
    return undefined
  }
}

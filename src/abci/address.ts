import { existsSync, lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { AbciAddressError } from './errors.ts'

/** A parsed listening address. */
export type ListenAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, one of them the closing zero. */
const MAX_UNIX_PATH_BYTES = 103

/** Reads `unix:///path` or `tcp://host:port`. Throws {@link AbciAddressError}. */
export function parseAddress(address: string): ListenAddress {
  if (address.startsWith('unix://')) {
    const path = address.slice('unix://'.length)
    if (!path.startsWith('/')) throw new AbciAddressError(`${address}: write unix:///absolute/path`)
    const bytes = Buffer.byteLength(path)
    if (bytes > MAX_UNIX_PATH_BYTES) {
      throw new AbciAddressError(
        `${path}: ${bytes} bytes, a socket's path has at most ${MAX_UNIX_PATH_BYTES}`,
      )
    }
    return { kind: 'unix', path }
  }
  const tcp = /^tcp:\/\/(?<host>[^:[\]]+|\[[^\]]+\]):(?<port>\d{1,5})$/.exec(address)?.groups
  const port = Number(tcp?.['port'])
  if (tcp?.['host'] === undefined || port > 65535) {
    throw new AbciAddressError(`${address}: write unix:///absolute/path or tcp://127.0.0.1:port`)
  }
  return { kind: 'tcp', host: tcp['host'].replace(/^\[|\]$/g, ''), port }
}

/** Removes a socket file that a dead process left behind. Throws {@link AbciAddressError} when it is anything else. */
export async function claimUnixPath(path: string): Promise<void> {
  const folder = dirname(path)
  if (!existsSync(folder)) throw new AbciAddressError(`${path}: the folder ${folder} does not exist: make it`)
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new AbciAddressError(`${path} exists and is not a socket: move it away`)
  if (await answers(path)) throw new AbciAddressError(`${path}: another process listens there: stop it first`)
  unlinkSync(path)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    const done = (alive: boolean) => {
      probe.destroy()
      resolve(alive)
    }
    probe.once('connect', () => done(true))
    probe.once('error', () => done(false))
  })
}

import type { AddressInfo, Server } from 'node:net'

/** Connections that the system holds until they are accepted. */
const BACKLOG = 4_096

export interface ListenOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** What the door is called, as `REST`. */
  readonly name: string
  /** Told of errors of accepting, which pass. */
  readonly onError: (error: unknown) => void
}

/** Resolves with `host:port` when the server listens; rejects with an error that names the door if it cannot. */
export function listen(server: Server, { host, port, name, onError }: ListenOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new Error(`${name}: ${error.message}`))
    server.once('error', fail)
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', fail)
      server.on('error', onError)
      const bound = server.address() as AddressInfo
      const address = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
      resolve(`${address}:${bound.port}`)
    })
  })
}

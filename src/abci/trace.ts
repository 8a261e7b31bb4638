import { closeSync, openSync, writeSync } from 'node:fs'
import type { MethodName } from './methods.ts'

/** One line of a trace. There is no time in it, so traces of two runs can be compared. */
export interface TraceLine {
  /** Counts the lines of one server from 0. */
  readonly seq: number
  /** `start` of a server; a connection's `open` and `close`; a request (`in`) or its reply (`out`). */
  readonly dir: 'start' | 'open' | 'close' | 'in' | 'out'
  /** Counts the connections of one server from 1. */
  readonly conn?: number
  readonly method?: MethodName | 'Exception'
  /** Of a block; in InitChain the initial height; in the reply to Info the last committed one. */
  readonly height?: number
  /** Hex of the block's hash. */
  readonly hash?: string
}

/** Where frames are written down. `flush` comes before the replies leave. */
export interface FrameTrace {
  start(): void
  connection(dir: 'open' | 'close', conn: number): void
  frame(
    dir: 'in' | 'out',
    conn: number,
    method: MethodName | 'Exception',
    height?: number,
    hash?: Uint8Array,
  ): void
  flush(): void
  close(): void
}

/** A trace as JSON lines at the end of a file. A kill loses no line whose reply was sent. */
export class FileTrace implements FrameTrace {
  private readonly fd: number
  private seq = 0
  private lines = ''

  private constructor(fd: number) {
    this.fd = fd
  }

  static open(path: string): FileTrace {
    return new FileTrace(openSync(path, 'a'))
  }

  start(): void {
    this.add({ dir: 'start' })
    this.flush()
  }

  connection(dir: 'open' | 'close', conn: number): void {
    this.add({ dir, conn })
    this.flush()
  }

  frame(
    dir: 'in' | 'out',
    conn: number,
    method: MethodName | 'Exception',
    height?: number,
    hash?: Uint8Array,
  ): void {
    this.add({
      dir,
      conn,
      method,
      ...(height === undefined ? {} : { height }),
      ...(hash === undefined ? {} : { hash: Buffer.from(hash).toString('hex') }),
    })
    // a request that never returns must be found in the file
    if (dir === 'in' && method !== 'CheckTx' && method !== 'Flush') this.flush()
  }

  flush(): void {
    if (this.lines === '') return
    writeSync(this.fd, this.lines)
    this.lines = ''
  }

  close(): void {
    this.flush()
    closeSync(this.fd)
  }

  private add(line: Omit<TraceLine, 'seq'>): void {
    this.lines += `${JSON.stringify({ seq: this.seq++, ...line })}\n`
  }
}

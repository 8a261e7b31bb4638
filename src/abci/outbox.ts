import type { Socket } from 'node:net'
import type { BackWriter } from './writer.ts'

const SLAB_BYTES = 64 * 1024

/**
 * Collects replies so that one read is answered by one write.
 *
 * Small replies are copied one behind the other into a slab, of which each write takes the next part; large ones are
 * passed on as they are.
 */
export class Outbox {
  /** Bytes collected and not written. */
  size = 0
  private slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  private from = 0
  private to = 0
  private readonly parts: Buffer[] = []

  /** Copies the reply in `writer`; it must be no longer than half a slab. */
  copy(writer: BackWriter): void {
    const length = writer.size
    if (this.to + length > SLAB_BYTES) {
      this.closePart()
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.from = 0
      this.to = 0
    }
    this.to += writer.copyTo(this.slab, this.to)
    this.size += length
  }

  /** Takes over a reply that nobody else will write to. */
  pass(reply: Buffer): void {
    this.closePart()
    this.parts.push(reply)
    this.size += reply.length
  }

  /** Hands everything to the socket in one write. */
  writeTo(socket: Socket): void {
    if (this.size === 0) return
    this.closePart()
    const { parts } = this
    if (parts.length > 1) socket.cork()
    for (const part of parts) socket.write(part)
    if (parts.length > 1) socket.uncork()
    parts.length = 0
    this.size = 0
  }

  private closePart(): void {
    if (this.to === this.from) return
    this.parts.push(this.slab.subarray(this.from, this.to))
    this.from = this.to
  }
}

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { WorkerSettings } from './messages.ts'

/** Heap of the worker in MiB: beyond it the worker ends, and the node does not. */
export const WORKER_HEAP_MB = 1_024

/** The thread is gone without having said why. */
export class WorkerEndedError extends Error {
  override readonly name = 'WorkerEndedError'
}

/**
 * The thread of the query worker. Its code loads from here on, before it is known what it shall serve: a node that
 * makes it first opens its state meanwhile. Until it is put to work it does not keep the process from ending.
 */
export class QueryThread {
  readonly worker: Worker
  /** Resolves when the thread has ended, with the reason. */
  readonly ended: Promise<Error>
  readonly #settings: MessagePort
  #free = true

  constructor(file = startFile(), heapMb = WORKER_HEAP_MB) {
    const { port1, port2 } = new MessageChannel()
    this.#settings = port1
    this.worker = new Worker(file, {
      workerData: port2,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    })
    this.worker.unref()
    this.ended = new Promise((resolve) => {
      let reason: Error | undefined
      this.worker.on('error', (error: Error) => {
        reason = error
      })
      this.worker.on('exit', (code) => {
        port1.close()
        resolve(reason ?? new WorkerEndedError(`the query worker ended with code ${code}`))
      })
    })
  }

  /** True until it was put to work. */
  get free(): boolean {
    return this.#free
  }

  /** Puts it to work. */
  serve(settings: WorkerSettings): void {
    this.#free = false
    this.worker.ref()
    this.#settings.postMessage(settings)
  }
}

function startFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
}

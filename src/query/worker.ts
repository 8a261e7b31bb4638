import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { chain } from '#modules/chain.ts'
import type { WorkerSettings } from './messages.ts'
import { serveQueries } from './serve.ts'

/** The thread that `thread.ts` starts. Its settings come later, on a port of their own. */
if (parentPort !== null) {
  const port = workerData as MessagePort
  const settings = await new Promise<WorkerSettings>((resolve) => port.once('message', resolve))
  port.close()
  await serveQueries(chain, settings, parentPort)
}

import { parentPort, workerData } from 'node:worker_threads'
import { chain } from '#modules/chain.ts'
import type { WorkerSettings } from './messages.ts'
import { serveQueries } from './serve.ts'

/** The thread that `pool.ts` starts. */
if (parentPort !== null) await serveQueries(chain, workerData as WorkerSettings, parentPort)

import { statSync } from 'node:fs'

const MIB = 1024 * 1024
/** A chain with a small genesis gets no less. */
const LEAST_MIB = 1536
/** What CometBFT works with beside the genesis: blocks, indexes, peers, and the garbage between two collections. */
const WORK_MIB = 1024
/** `max_txs_bytes` of the mempool as `cometbft-toml.ts` writes it. */
export const MEMPOOL_MIB = 128

/**
 * `GOMEMLIMIT` for CometBFT over a genesis file of so many bytes.
 *
 * CometBFT keeps the document twice for its RPC, as it is and in base64 (2.3 times its size), and reads it through
 * several copies at every start. Without a limit Go lets the heap grow to twice what lives: 2.0 GB after a restart
 * with a million accounts (270 MB of genesis) and 2.6 GB at the first start. The limit is soft, and has to lie far
 * above what lives under load: at the limit itself Go collects garbage all the time. 1,284 MiB took no more processor
 * time at a start, and twice as much for each transaction of a load.
 */
export function goMemoryLimit(genesisBytes: number): string {
  return `${goMemoryLimitMib(genesisBytes)}MiB`
}

/** {@link goMemoryLimit} as a number. */
export function goMemoryLimitMib(genesisBytes: number): number {
  return Math.max(LEAST_MIB, WORK_MIB + MEMPOOL_MIB + Math.ceil((genesisBytes * 3) / MIB))
}

/** Bytes of the genesis file; 0 if it cannot be looked at, which CometBFT will say itself. */
export function genesisBytes(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

import { existsSync } from 'node:fs'
import { type BlockMeta, decodeMeta } from '../../app/state.ts'
import { SnapshotDamagedError } from '../../store/errors.ts'
import { snapshotDirectory } from '../../store/recovery.ts'
import {
  type CarriedSnapshot,
  copySnapshot,
  describeSnapshot,
  restoreFromFile,
} from '../../store/snapshot-files.ts'
import { listSnapshots } from '../../store/snapshot-format.ts'
import type { CliContext } from '../context.ts'
import { CommandError, UsageError } from '../errors.ts'
import { genesisChainId } from '../node/genesis-doc.ts'
import { type HeldState, onHome, onState } from './folder.ts'

interface SnapshotOptions {
  readonly home: string
  readonly height?: number
}

/** `wadi snapshots list`: a damaged one is listed as such. */
export async function listStateSnapshots(context: CliContext, options: SnapshotOptions) {
  return onState(context, options, async ({ directory }) =>
    listSnapshots(snapshotDirectory(directory)).map(({ file, version }) => {
      try {
        return { ...told(describeSnapshot(file)), file }
      } catch (error) {
        if (!(error instanceof SnapshotDamagedError)) throw error
        return { height: version, damaged: error.message, file }
      }
    }),
  )
}

/** `wadi snapshots export`. */
export async function exportSnapshot(context: CliContext, file: string, options: SnapshotOptions) {
  return onState(context, options, async ({ directory, chain, home }) => {
    if (existsSync(file)) throw new CommandError(`${file} is there already`, ['choose another path'])
    const all = listSnapshots(snapshotDirectory(directory))
    const wanted = all.find(({ version }) => options.height === undefined || version === options.height)
    if (wanted === undefined) {
      const which = options.height === undefined ? 'no snapshot' : `no snapshot of height ${options.height}`
      const heights = all.map(({ version }) => version).join(', ')
      throw new CommandError(`${home.paths.appData} has ${which}`, [
        heights === ''
          ? 'the node makes the first one after snapshot-interval blocks (app.toml)'
          : `there are those of ${heights}`,
      ])
    }
    return { ...told(unlessDamaged(() => copySnapshot(wanted.file, chain.stores, file))), file }
  })
}

/** `wadi snapshots restore`. */
export async function restoreSnapshot(
  context: CliContext,
  file: string,
  options: SnapshotOptions & { readonly digest?: string; readonly appHash?: string },
) {
  if (options.appHash !== undefined && options.height === undefined) {
    throw new UsageError(
      '--app-hash needs --height: an app hash does not say of which height it is. The header of block H + 1 has the ' +
        'app hash of height H',
    )
  }
  if (!existsSync(file)) throw new CommandError(`${file} does not exist`, ['name a snapshot file'])
  return onHome(context, options.home, async (state) => {
    const accept = (snapshot: CarriedSnapshot) => checkWanted(state, file, snapshot, options)
    const { chain, directory, home } = state
    const restored = await restoreFromFile(directory, chain.stores, file, accept).catch((error) => {
      throw error instanceof SnapshotDamagedError ? damaged(error, file) : error
    })
    return {
      ...told(restored),
      next:
        `compare app_hash with the header of block ${restored.version + 1} of a node you trust, then run ` +
        `"wadi start --home ${home.paths.home}": CometBFT of this home has to have the blocks up to ` +
        `${restored.version}, and executes those after it`,
    }
  })
}

/** A snapshot of another chain is refused, as is one that is not the announced one. */
function checkWanted(
  { home }: HeldState,
  file: string,
  { version, meta, digest, appHash }: CarriedSnapshot,
  wanted: { readonly height?: number; readonly digest?: string; readonly appHash?: string },
): void {
  const { chainId } = readMeta(file, meta)
  const expected = genesisChainId(home.paths.genesis)
  if (chainId !== expected) {
    throw new CommandError(`${file} is of the chain ${chainId}; ${home.paths.genesis} is of ${expected}`, [
      'take a snapshot of the same chain, or name the home of that chain with --home',
    ])
  }
  if (wanted.digest !== undefined && wanted.digest.toLowerCase() !== digest)
    throw new CommandError(`${file} has the sha256 ${digest}, not ${wanted.digest}`, ['fetch it again'])
  if (wanted.height !== undefined && wanted.height !== version) {
    throw new CommandError(`the state in ${file} is of height ${version}, not ${wanted.height}`, [
      'take a snapshot of that height, or the app hash that belongs to the height of this one',
    ])
  }
  if (wanted.appHash !== undefined && wanted.appHash.toLowerCase() !== appHash) {
    throw new CommandError(`the state in ${file} has the app hash ${appHash}, not ${wanted.appHash}`, [
      'do not use it: it is not the state of that chain at that height',
    ])
  }
}

/** What a snapshot says of its block; in a file from elsewhere that may be anything. */
function readMeta(file: string, meta: Uint8Array): BlockMeta {
  try {
    return decodeMeta(meta)
  } catch {
    throw new SnapshotDamagedError(file, 'it does not say of which chain and time it is')
  }
}

function told({ version, appHash, meta, bytes, digest }: CarriedSnapshot) {
  return { height: version, chain_id: decodeMeta(meta).chainId, app_hash: appHash, bytes, sha256: digest }
}

function unlessDamaged<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof SnapshotDamagedError ? damaged(error, error.file) : error
  }
}

function damaged(error: SnapshotDamagedError, file: string): CommandError {
  // The copy that was looked at has a name that nobody knows.
  return new CommandError(error.message.replace(error.file, file), [
    'take another snapshot, or fetch it again',
  ])
}

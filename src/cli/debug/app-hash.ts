import { existsSync } from 'node:fs'
import { recomputedAppHash, type StoredAppHash, storedAppHashes } from '../../store/app-hashes.ts'
import type { RunContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { homePaths } from '../node/home.ts'
import { print } from '../output.ts'
import { startProgress } from '../progress.ts'
import type { AppHashOptions } from './command.ts'

/** `wadi debug app-hash`: what the data of a home say of a height. */
export async function runAppHash(context: RunContext, options: AppHashOptions): Promise<void> {
  const { appData, home } = homePaths(options.home)
  if (!existsSync(appData))
    throw new CommandError(`${home} has no state: ${appData} does not exist`, [
      'name the home of a node with --home',
    ])
  const wanted = options.height === undefined ? undefined : Number(options.height)
  const { found, range } = search(appData, wanted)
  const [first] = found
  if (first === undefined)
    throw new CommandError(
      range === undefined
        ? `${appData} holds no version yet`
        : `${appData} has no app hash of height ${wanted}`,
      range === undefined ? [] : [`it has those of ${range.first} to ${range.last}`],
      EXIT.notFound,
    )
  const differs = found.find(({ appHash }) => appHash !== first.appHash)
  if (differs !== undefined)
    throw new CommandError(
      `${first.file} has app hash ${first.appHash} for height ${first.version}, ${differs.file} has ${differs.appHash}`,
      ['one of the two is not of this chain, or is damaged'],
    )
  const recomputed =
    options.recompute === true ? await recompute(context, appData, first, range?.last ?? 0) : undefined
  await print(context, options.output, {
    height: first.version.toString(),
    app_hash: first.appHash.toUpperCase(),
    files: [...new Set(found.map(({ file }) => file))],
    ...(recomputed === undefined ? {} : { recomputed: recomputed.toUpperCase() }),
  })
  if (recomputed !== undefined && recomputed !== first.appHash)
    throw new CommandError(`the state of height ${first.version} made anew has another app hash`, [
      'restore the folder from a backup, or let the node sync again',
    ])
}

interface Found {
  /** All that is said of the wanted version, or of the last. */
  readonly found: readonly StoredAppHash[]
  /** Undefined for an empty folder. */
  readonly range: { readonly first: number; readonly last: number } | undefined
}

function search(appData: string, wanted: number | undefined): Found {
  let found: StoredAppHash[] = []
  let range: { first: number; last: number } | undefined
  for (const each of storedAppHashes(appData)) {
    const { version } = each
    range = {
      first: Math.min(range?.first ?? version, version),
      last: Math.max(range?.last ?? version, version),
    }
    const target = wanted ?? range.last
    if (version !== target) continue
    found = found[0]?.version === version ? [...found, each] : [each]
  }
  return { found, range }
}

async function recompute(
  context: RunContext,
  appData: string,
  { version }: StoredAppHash,
  last: number,
): Promise<string> {
  const { stores } = await context.loadChain()
  const progress = startProgress(context.stderr, 'applying', last, 'blocks')
  try {
    const appHash = recomputedAppHash(appData, stores, version, () => progress.add(1))
    if (appHash !== undefined) return appHash
    throw new CommandError(`the log does not lead to height ${version} from any snapshot before it`)
  } finally {
    progress.stop()
  }
}

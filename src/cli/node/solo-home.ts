import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { NodeError } from './errors.ts'
import type { HomePaths } from './home.ts'

/** Blocks and indexes of solo mode, beside where CometBFT has its own. */
export function soloFolder({ data }: HomePaths): string {
  return join(data, 'solo')
}

/** Each would go on from a height the other knows nothing of, and both would sign it. */
export function refuseCometbftHome(paths: HomePaths): void {
  if (!existsSync(join(paths.data, 'blockstore.db'))) return
  throw new NodeError(
    'bad-option',
    `${paths.home} holds a chain that CometBFT made; solo mode makes its own blocks`,
    ['name another folder with --home', 'or start the chain over with --reset (all its blocks are lost)'],
  )
}

/** The same for the other direction. */
export function refuseSoloHome(paths: HomePaths): void {
  if (!existsSync(soloFolder(paths))) return
  throw new NodeError(
    'bad-option',
    `${paths.home} holds a chain of solo mode, which CometBFT cannot go on with`,
    [
      'add --solo, or name another folder with --home',
      'or start the chain over with --reset (all its blocks are lost)',
    ],
  )
}

// The command line on Node 24. Most of a command's time went into compiling its sources and stripping their types: Node
// keeps both in the user's cache folder, under the content of each source, so what has changed is compiled anew.
// JavaScript, because the first TypeScript file makes Node load its type stripper, which the cache spares the others.

import module from 'node:module'
import { isAbsolute, join } from 'node:path'
import { cacheFolder } from '../scripts/cache-folder.mjs'

useCompileCache()
await import('../src/bin/wadi.ts')

/** Without a folder to write to the command is slower and otherwise the same. */
function useCompileCache() {
  try {
    const folder = join(cacheFolder(), 'compiled')
    if (!isAbsolute(folder) || process.env.NODE_COMPILE_CACHE !== undefined) return
    const { status } = module.enableCompileCache(folder)
    // Threads find the cache by this variable alone.
    if (status === module.constants.compileCacheStatus.ENABLED) process.env.NODE_COMPILE_CACHE = folder
  } catch {
    // An older Node, or a user without a home folder.
  }
}

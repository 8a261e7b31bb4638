// Where this program keeps what it can make again. Plain JavaScript without dependencies: set-up and the launcher
// import it before anything is installed or compiled.

import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** The user's cache folder for this program, by the custom of each system. */
export function cacheFolder(env = process.env, platform = process.platform, home = homedir()) {
  return join(cacheRoot(env, platform, home), 'wadi')
}

function cacheRoot(env, platform, home) {
  if (platform === 'win32') return env.LOCALAPPDATA || join(home, 'AppData', 'Local')
  // The XDG base directory specification has relative paths ignored: they mean another folder each time.
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return env.XDG_CACHE_HOME
  return platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache')
}

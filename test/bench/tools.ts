import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { COMETBFT_VERSION, cometbftFolder } from '../../scripts/cometbft.mjs'

const ABCI_CLI = `github.com/cometbft/cometbft/abci/cmd/abci-cli@v${COMETBFT_VERSION}`

/** CometBFT's own example application as a program of its own; built with Go when it is not in the cache. */
export function abciCli(): string {
  const folder = toolFolder()
  const file = join(folder, 'abci-cli')
  if (!existsSync(file)) go(['install', ABCI_CLI], folder, { GOBIN: folder })
  return file
}

/**
 * The peer chain of a kit: `simd` of its folder `simd/`, built with Go into the cache once for each state of its
 * sources.
 */
export function peerBinary(kit: string): string {
  const sources = join(resolve(kit), 'simd')
  if (!existsSync(join(sources, 'go.mod')))
    throw new Error(`--peer ${kit}: there is no simd/go.mod in it; give the folder of the peer benchmark kit`)
  const hash = createHash('sha256')
  for (const name of readdirSync(sources).toSorted())
    if (/^go\.|\.go$/.test(name)) hash.update(readFileSync(join(sources, name)))
  const file = join(toolFolder(), `simd-${hash.digest('hex').slice(0, 12)}`)
  if (!existsSync(file)) go(['build', '-tags', 'pebbledb', '-o', file, '.'], sources)
  return file
}

function toolFolder(): string {
  const folder = join(dirname(cometbftFolder()), 'bench')
  mkdirSync(folder, { recursive: true })
  return folder
}

function go(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): void {
  console.error(`go ${args.join(' ')} (some minutes the first time)`)
  const { status, error } = spawnSync('go', args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 2, 2],
  })
  if (error !== undefined) throw new Error(`this row needs Go on the PATH: ${error.message}`)
  if (status !== 0) throw new Error(`go ${args.join(' ')} failed with ${status}; its message stands above`)
}

/** Runs a program to its end; throws with what it said when it fails. */
export function runTool(file: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr.slice(-500)}`)
  return stdout.trim()
}

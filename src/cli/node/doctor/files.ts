import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import type { NodeHome } from '../home.ts'
import { rpcGet } from '../rpc.ts'
import { bad, type Finding, firstLine, good } from './finding.ts'

/** A larger genesis is not fetched from the node: CometBFT hands out the whole of it in one answer. */
const MAX_COMPARED_BYTES = 16 * 1024 ** 2

/** Keys and the record of what was signed are for the node's user alone. */
export function checkKeyModes({ paths }: NodeHome): Finding {
  if (process.platform === 'win32') return good('key files', 'not checked on this system')
  const open = [paths.validatorKey, paths.nodeKey, paths.validatorState].filter(
    (file) => existsSync(file) && (statSync(file).mode & 0o077) !== 0,
  )
  if (open.length === 0) return good('key files', 'readable by their owner only')
  return bad('key files', `others may read ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`)
}

interface ServedGenesis {
  readonly genesis?: {
    readonly chain_id: string
    readonly genesis_time: string
    readonly validators: unknown
  }
}

/** CometBFT keeps the genesis it first saw and ignores a changed file, so the two may differ unnoticed. */
export async function checkGenesis(home: NodeHome, rpcUrl: string | undefined): Promise<Finding> {
  const hash = await fileHash(home.paths.genesis)
  const own = `sha256 ${hash}`
  if (rpcUrl === undefined || statSync(home.paths.genesis).size > MAX_COMPARED_BYTES)
    return good('genesis', own)
  const served = ((await rpcGet(rpcUrl, '/genesis')) as ServedGenesis | undefined)?.genesis
  if (served === undefined) return good('genesis', `${own}; the node does not serve its own`)
  let file: ServedGenesis['genesis']
  try {
    file = JSON.parse(readFileSync(home.paths.genesis, 'utf8'))
  } catch (error) {
    return bad('genesis', `${home.paths.genesis}: ${firstLine(error)}`, 'restore the file')
  }
  const differs = (['chain_id', 'genesis_time', 'validators', 'app_state'] as const).find(
    (key) => canonical(file, key) !== canonical(served, key),
  )
  if (differs === undefined) return good('genesis', `${own}; equal to the running node's`)
  return bad(
    'genesis',
    `${home.paths.genesis} differs from what the running node started from, in ${differs}`,
    "restore the chain's genesis file, or start the chain over (--reset)",
  )
}

/** JSON with sorted keys; times in one spelling. */
function canonical(doc: object | undefined, key: string): string {
  const value = (doc as Record<string, unknown> | undefined)?.[key] ?? null
  if (key === 'genesis_time') return String(Date.parse(String(value)))
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

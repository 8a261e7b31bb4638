/** Where two JSON values differ, and what may differ between a solo node and CometBFT on the same transactions. */

export interface Difference {
  /** As `result.block.header.time`; list positions are left out. */
  readonly path: string
  readonly comet: unknown
  readonly solo: unknown
}

export function differences(comet: unknown, solo: unknown, path = ''): Difference[] {
  if (typeof comet !== 'object' || typeof solo !== 'object' || comet === null || solo === null)
    return comet === solo ? [] : [{ path, comet, solo }]
  if (Array.isArray(comet) !== Array.isArray(solo)) return [{ path, comet, solo }]
  const keys = new Set([...Object.keys(comet), ...Object.keys(solo)])
  const found: Difference[] = []
  for (const key of keys) {
    const below = Array.isArray(comet) ? path : path === '' ? key : `${path}.${key}`
    const of = (value: object) => (value as Readonly<Record<string, unknown>>)[key]
    found.push(...differences(of(comet), of(solo), below))
  }
  return found
}

/** Everything that differs on purpose, with the reason. */
const EXPECTED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/(?:^|\.)time$/, 'blocks are made at other times'],
  [/\.timestamp$/, 'and signed at other times'],
  [/\.signature$/, 'so signatures differ'],
  [/(?:block_id|last_block_id)\.(?:hash|parts\.hash)$/, 'and hashes of blocks'],
  [/\.last_commit_hash$/, 'and hashes of commits'],
  [/\.(?:latest|earliest)_block_(?:hash|time)$/, 'and what status says of them'],
  [/\.block_size$/, 'a time takes a byte more or less'],
  [/\.node_info\.(?:listen_addr|channels)$/, 'no peers'],
  [/\.node_info\.(?:version|moniker)$/, 'it says that it is solo mode'],
  [/\.node_info\.other\.rpc_address$/, 'another port'],
  [/(?:^|\.)result\.(?:listening|listeners)$/, 'no peers'],
]

/** What differs and should not. */
export function surprises(comet: unknown, solo: unknown): Difference[] {
  return differences(comet, solo).filter(({ path }) => !EXPECTED.some(([pattern]) => pattern.test(path)))
}

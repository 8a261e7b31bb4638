import { posix } from 'node:path'
import type { Problem, Source } from './sources.ts'
import { isGenerated, isTest, matches } from './sources.ts'

/** What each layer may import beside itself. Reading from top to bottom, imports only ever point up the page. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  lib: ['gen'],
  gen: [],
  kernel: ['lib', 'gen'],
  store: ['lib', 'gen', 'kernel'],
  app: ['lib', 'gen', 'kernel', 'store'],
  abci: ['lib', 'gen', 'kernel', 'store', 'app'],
  query: ['lib', 'gen', 'kernel', 'store', 'app'],
  solo: ['lib', 'gen', 'kernel', 'abci'],
  client: ['lib', 'gen'],
  faucet: ['lib', 'gen', 'client', 'query'],
  status: ['query'],
  testing: ['lib', 'gen', 'kernel', 'store', 'app', 'query', 'client'],
  cli: ['lib', 'gen', 'kernel', 'store', 'app', 'abci', 'query', 'solo', 'client', 'faucet', 'status'],
  bin: ['lib', 'gen', 'kernel', 'store', 'app', 'abci', 'query', 'solo', 'client', 'testing', 'cli', 'chain'],
  modules: ['lib', 'gen', 'kernel'],
}

/** Files that state what a lower layer has to offer to a higher one: the lower one imports them, for their types. */
const contracts: Readonly<Record<string, readonly string[]>> = {
  'src/abci/types.ts': ['app', 'query', 'testing'],
}

/** Threads start at these files, so they have to find the modules by themselves. */
const workerStart = /^src\/(?:[a-z-]+\/)*(?:worker|[a-z-]+-worker)\.ts$/

/** npm packages that code which must run alike everywhere, or in a browser, may use. */
const packages: Readonly<Record<string, RegExp>> = {
  modules: /^$/,
  kernel: /^@bufbuild\/protobuf(?:\/|$)/,
  app: /^(?:@bufbuild\/protobuf|@noble)(?:\/|$)/,
}

export interface Import {
  readonly from: string
  readonly line: number
  /** A path from the root for our own files; undefined for packages and `node:`. */
  readonly target: string | undefined
}

const statement =
  /^[ \t]*(?:import|export)\b(?:[^'"`;]*?\bfrom\s*)?\s*['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]/gm

/** The imports and re-exports of a file, static and dynamic, types included. */
export function importsOf(source: Source): readonly Import[] {
  return matches(source, statement, (match) => match[1] ?? match[2] ?? '').map(({ line, detail: from }) => ({
    from,
    line,
    target: resolve(source.path, from),
  }))
}

function resolve(path: string, from: string): string | undefined {
  if (from.startsWith('.')) return posix.normalize(posix.join(posix.dirname(path), from))
  if (from === '#kernel') return 'src/kernel.ts'
  const mapped = /^#(lib|gen|modules)\/(.+)$/.exec(from)
  if (mapped === null) return undefined
  return mapped[1] === 'modules' ? `modules/${mapped[2]}` : `src/${mapped[1]}/${mapped[2]}`
}

function layerOf(path: string): string | undefined {
  if (path === 'src/kernel.ts') return 'kernel'
  if (path === 'modules/chain.ts') return 'chain'
  return /^src\/([a-z]+)\//.exec(path)?.[1] ?? /^(modules)\//.exec(path)?.[1]
}

/** Imports of a source against the layer table; `order` is the order of the modules in chain.ts. */
export function layerProblems(source: Source, order: readonly string[]): Problem[] {
  const { path } = source
  const layer = layerOf(path)
  if (layer === undefined || layer === 'chain' || isGenerated(path)) return []
  if (layers[layer] === undefined) return [problem(source, 0, `src/${layer} has no row in the layer table`)]
  return importsOf(source).flatMap((each) => {
    const reason = isTest(path) ? testRefusal(layer, each) : refusal(path, layer, each, order)
    return reason === undefined ? [] : [problem(source, each.line, `${each.from}: ${reason}`)]
  })
}

function testRefusal(layer: string, { target }: Import): string | undefined {
  if (layer !== 'modules' && target?.startsWith('modules/'))
    return 'src/ never names a module, not even in tests'
  return undefined
}

function refusal(path: string, layer: string, each: Import, order: readonly string[]): string | undefined {
  const { from, target } = each
  if (target === undefined) {
    const allowed = packages[layer]
    const refused = allowed !== undefined && !from.startsWith('node:') && !allowed.test(from)
    return refused ? `${layer} may not use this package; wrap it in src/lib` : undefined
  }
  const to = layerOf(target)
  if (to === 'chain' && (layer === 'bin' || workerStart.test(path))) return undefined
  if (layer === 'modules' && to === 'modules') return moduleRefusal(path, target, order)
  if (target === 'src/kernel.ts' && path.startsWith('src/kernel/'))
    return 'the kernel does not import its façade'
  if (to === undefined) return 'outside src/ and modules/'
  if (layer === 'modules' && to === 'kernel' && target !== 'src/kernel.ts')
    return 'modules import #kernel only'
  if (contracts[target]?.includes(layer)) return undefined
  if (to === layer || layers[layer]?.includes(to)) return undefined
  return `${layer} may import ${layers[layer]?.join(', ') || 'nothing else'}`
}

function moduleRefusal(path: string, target: string, order: readonly string[]): string | undefined {
  const [, own = ''] = path.split('/')
  const [, other = '', file] = target.split('/')
  if (own === other) return undefined
  if (file !== 'api.ts' || target.split('/').length !== 3)
    return 'a module is reached only through its api.ts'
  const [mine, theirs] = [order.indexOf(own), order.indexOf(other)]
  if (mine < 0) return `${own} is missing in modules/chain.ts`
  return theirs >= 0 && theirs < mine ? undefined : `${other} does not stand above ${own} in modules/chain.ts`
}

/** Module folders in the order in which chain.ts lists the modules. */
export function moduleOrder(chain: Source): readonly string[] {
  const body = chain.text.replace(/^import\b[\s\S]*?from\s*'[^']+'/gm, '')
  const placed: { folder: string; at: number }[] = []
  for (const [, names = '', folder = ''] of chain.text.matchAll(
    /^import\s*\{([^}]*)\}\s*from\s*'(?:\.|#modules)\/([a-z0-9-]+)\/module\.ts'/gm,
  )) {
    const positions = names
      .split(',')
      .map((name) => body.search(new RegExp(`\\b${name.trim().split(/\s+/).at(-1)}\\b`)))
      .filter((at) => at >= 0)
    placed.push({ folder, at: Math.min(...positions) })
  }
  return placed.toSorted((a, b) => a.at - b.at).map(({ folder }) => folder)
}

/** Everything `wadi/client` loads, checked for what a browser lacks. */
export function portabilityProblems(sources: readonly Source[]): Problem[] {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const reached = new Set(
    sources
      .map(({ path }) => path)
      .filter((path) => /^src\/(?:client\/|bin\/client\.ts$)/.test(path) && !isTest(path)),
  )
  const found: Problem[] = []
  for (const path of reached) {
    const source = byPath.get(path)
    if (source === undefined) continue
    for (const { from, line, target } of importsOf(source)) {
      if (target !== undefined) reached.add(target)
      else if (from.startsWith('node:'))
        found.push(problem(source, line, `${from} in what wadi/client loads`))
    }
    const host = /(?<![\w.'"`/])(?:Buffer|process)\.[a-z]/g
    if (!isGenerated(path))
      found.push(...matches(source, host, (match) => `${match[0]}… in what wadi/client loads`))
  }
  return found
}

function problem(source: Source, line: number, detail: string): Problem {
  return { file: source.path, line, detail }
}

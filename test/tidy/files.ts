import type { Problem, Source } from './sources.ts'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly resolved?: string }>>
}

/** From 2.3.0 on `@scure/base` refuses the infinite length limit that CosmJS 0.39 passes to bech32. */
const pinned = { name: '@scure/base', version: '2.2.0' }

/** Exact versions, a lock file without addresses, and the one version of the pinned package. */
export function packageProblems(sources: readonly Source[]): Problem[] {
  const text = (path: string) => sources.find((source) => source.path === path)?.text ?? '{"packages":{}}'
  const manifest = JSON.parse(text('package.json')) as Manifest
  const lock = JSON.parse(text('package-lock.json')) as Lock
  return [...manifestProblems(manifest), ...lockProblems(lock)]
}

export function manifestProblems(manifest: Manifest): Problem[] {
  const file = 'package.json'
  const { dependencies, devDependencies, optionalDependencies } = manifest
  const all = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
  const loose = all.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
  const found = loose.map(([name, version]) => ({
    file,
    line: 0,
    detail: `${name} ${version}: give one version`,
  }))
  if (dependencies?.[pinned.name] === pinned.version) return found
  return [
    ...found,
    { file, line: 0, detail: `${pinned.name} must be a direct dependency at ${pinned.version}` },
  ]
}

export function lockProblems(lock: Lock): Problem[] {
  const file = 'package-lock.json'
  const found: Problem[] = []
  let seen = false
  for (const [path, { version, resolved }] of Object.entries(lock.packages)) {
    if (resolved !== undefined && /^[a-z+]+:/.test(resolved)) {
      found.push({
        file,
        line: 0,
        detail: `${path} is tied to ${resolved}: set omit-lockfile-registry-resolved`,
      })
    }
    if (!path.endsWith(`node_modules/${pinned.name}`)) continue
    seen ||= path === `node_modules/${pinned.name}`
    if (path === `node_modules/${pinned.name}` && version !== pinned.version) {
      found.push({ file, line: 0, detail: `${path} is ${version} instead of ${pinned.version}` })
    }
  }
  return seen ? found : [...found, { file, line: 0, detail: `${pinned.name} is missing` }]
}

/** The names a façade exports, sorted, types marked as such. */
export function exportedNames(text: string): readonly string[] {
  const found: string[] = []
  for (const [, typed, list = ''] of text.matchAll(/^export\s+(type\s+)?\{([^}]*)\}/gm)) {
    for (const item of list.split(',')) {
      const words = item
        .replace(/\/\/.*$/gm, '')
        .trim()
        .split(/\s+/)
        .filter(Boolean)
      const name = words.at(-1)
      if (name !== undefined) found.push(typed !== undefined || words[0] === 'type' ? `type ${name}` : name)
    }
  }
  const declared = /^export\s+(?:async\s+)?(function|const|class|interface|type)\s+(\w+)/gm
  for (const [, kind, name = ''] of text.matchAll(declared))
    found.push(kind === 'interface' || kind === 'type' ? `type ${name}` : name)
  return found.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

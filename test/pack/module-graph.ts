import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const statement = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g

/** What a file leads to: our own files, and the other modules by the names they are imported under. */
export interface ModuleGraph {
  readonly files: ReadonlySet<string>
  readonly packages: ReadonlySet<string>
}

/** Walks the imports of a built module, or of its declarations, as far as they go within the package. */
export function graphOf(entry: string): ModuleGraph {
  const files = new Set([entry])
  const packages = new Set<string>()
  for (const file of files) {
    const declared = file.endsWith('.d.ts')
    for (const [, , from = ''] of readFileSync(file, 'utf8').matchAll(statement)) {
      const path = join(dirname(file), from)
      if (from.startsWith('.')) files.add(declared ? path.replace(/\.js$/, '.d.ts') : path)
      else packages.add(from)
    }
  }
  return { files, packages }
}

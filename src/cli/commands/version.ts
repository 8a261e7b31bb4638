import { readFileSync } from 'node:fs'
import { findCometbft } from '../node/cometbft.ts'

/** Versions of what a node is made of. */
export function longVersion(): Record<string, string> {
  return {
    node: process.versions.node,
    cometbft: cometbftVersion(),
    cosmjs: packageVersion('@cosmjs/stargate'),
    platform: `${process.platform} ${process.arch}`,
  }
}

function cometbftVersion(): string {
  try {
    const { version, path } = findCometbft()
    return `${version} (${path})`
  } catch (error) {
    return (error as Error).message.split('\n')[0] ?? 'missing'
  }
}

function packageVersion(name: string): string {
  // The package does not export its own description.
  const entry = new URL(import.meta.resolve(name))
  const folder = entry.href.slice(0, entry.href.lastIndexOf(`/${name}/`) + name.length + 2)
  const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version: string }
  return version
}

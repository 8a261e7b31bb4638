#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { runCli } from '../cli/main.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const { stdout, stderr } = process
// Whoever reads may stop reading, as `head` does. A command goes on to its end: a node has more to do than to print.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}
const loadChain = async () => (await import('#modules/chain.ts')).chain
const loadDevTools = async () => (await import('#modules/chain.ts')).devTools
process.exitCode = await runCli({ loadChain, loadDevTools, version, stdout, stderr }, process.argv.slice(2))

#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { chain } from '#modules/chain.ts'
import { runCli } from '../cli/main.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const { stdout, stderr } = process
process.exitCode = await runCli({ chain, version, stdout, stderr }, process.argv.slice(2))

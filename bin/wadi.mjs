#!/usr/bin/env node
// The command line. In a clone it runs the sources, in an installed package what was built of them, always on Node 24:
// the Node that runs this if it is one, else $WADI_NODE, else the npm package "node". JavaScript that older Nodes can
// read, because one of them may be asked first.
//
// Most of a command's time went into compiling its files and stripping their types: Node keeps both in the user's cache
// folder, under the content of each file, so what has changed is compiled anew. This file is no TypeScript also because
// the first of those makes Node load its type stripper, which the cache spares the others.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import module from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from '../scripts/cache-folder.mjs'

const NODE_MAJOR = 24
const here = dirname(fileURLToPath(import.meta.url))
const args = process.argv.slice(2)

if (majorOf(process.versions.node) < NODE_MAJOR) {
  const node = otherNode()
  if (node !== undefined) runOn(node)
} else if (runsNode() && !nodeFlags().every((flag) => process.execArgv.includes(flag))) {
  runOn(process.execPath)
} else {
  useCompileCache()
  const source = new URL('../src/bin/wadi.ts', import.meta.url)
  await import(existsSync(source) ? source.href : new URL('../dist/bin/wadi.js', import.meta.url).href)
}

function majorOf(version) {
  return Number(version.split('.')[0])
}

/** Flags of the JavaScript engine are for the commands that run the chain. */
function runsNode() {
  return ['dev', 'start'].includes(args.find((arg) => !arg.startsWith('-')))
}

function nodeFlags() {
  return readFileSync(join(here, 'node-flags'), 'utf8').trim().split('\n')
}

/** Another Node of the right version. Without one it says so, once, and ends. */
function otherNode() {
  const named = process.env.WADI_NODE
  const node = named || packagedNode()
  const found = `this is Node ${process.versions.node} (${process.execPath})`
  if (node === undefined) return refuse(`needs Node ${NODE_MAJOR} or newer, and ${found}`)
  const { stdout, error } = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 20_000 })
  const version = /^v(\d+\.\d+\.\d+)/.exec(stdout || '')?.[1]
  const name = named ? `$WADI_NODE, ${node},` : node
  if (version === undefined)
    return refuse(`${name} cannot be run: ${error ? error.message : 'it is no Node'}`)
  if (majorOf(version) >= NODE_MAJOR) return node
  return refuse(`needs Node ${NODE_MAJOR} or newer; ${found}, and ${name} is Node ${version}`)
}

/** The binary of the npm package "node", where that is installed. */
function packagedNode() {
  try {
    const manifest = module.createRequire(import.meta.url).resolve('node/package.json')
    const binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}

function refuse(problem) {
  const install = `install Node ${NODE_MAJOR} (https://nodejs.org), or "npm install node@${NODE_MAJOR}" here`
  console.error(`wadi: ${problem}\n  - ${install}, or set WADI_NODE to one`)
  process.exitCode = 1
}

/** Runs this again on that Node, in the place of this process where the system and this Node can. */
function runOn(node) {
  const flags = nodeFlags().filter((flag) => !process.execArgv.includes(flag))
  // Where two say different things the last one counts: that of the caller.
  const again = [...flags, ...process.execArgv, fileURLToPath(import.meta.url), ...args]
  if (process.platform !== 'win32' && process.execve !== undefined) process.execve(node, [node, ...again])
  const child = spawn(node, again, { stdio: 'inherit' })
  // A terminal gives Ctrl-C to both: whoever waits here leaves it to the other.
  const handlers = {
    SIGINT: () => {},
    SIGTERM: () => child.kill('SIGTERM'),
    SIGHUP: () => child.kill('SIGHUP'),
  }
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler)
  child.on('error', (error) => refuse(`${node} cannot be run: ${error.message}`))
  child.on('exit', (code, signal) => {
    for (const [each, handler] of Object.entries(handlers)) process.off(each, handler)
    if (signal !== null) process.kill(process.pid, signal)
    else process.exitCode = code
  })
}

/** Without a folder to write to the command is slower and otherwise the same. */
function useCompileCache() {
  try {
    const folder = join(cacheFolder(), 'compiled')
    if (!isAbsolute(folder) || process.env.NODE_COMPILE_CACHE !== undefined) return
    const { status } = module.enableCompileCache(folder)
    // Threads find the cache by this variable alone.
    if (status === module.constants.compileCacheStatus.ENABLED) process.env.NODE_COMPILE_CACHE = folder
  } catch {
    // A user without a home folder.
  }
}

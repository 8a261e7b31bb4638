import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll } from 'vitest'
import type { CliContext, RunContext } from './context.ts'
import { moduleNames } from './derived.ts'
import { overview, programFor, runCli } from './main.ts'

/** What a command line printed, and its exit code. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process, away from any terminal. */
export async function run(...argv: string[]): Promise<Ran> {
  let out = ''
  let err = ''
  const context = {
    version: '1.2.3',
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    loadChain: () => Promise.reject(new Error('no chain is needed')),
    loadDevTools: () => Promise.reject(new Error('no development is needed')),
  } as unknown as CliContext
  const code = await runCli(context, argv)
  return { code, out, err }
}

/** A folder that is removed after the tests of a file. */
export class Scratch {
  readonly path: string

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `wadi-${name}-`))
    afterAll(() => rmSync(this.path, { recursive: true, force: true }))
  }

  at(...parts: string[]): string {
    return join(this.path, ...parts)
  }

  /** Writes a file and returns its path. */
  file(name: string, content: string): string {
    writeFileSync(this.at(name), content)
    return this.at(name)
  }
}

/** For commands that are looked at, or run without anything to say. */
export const quiet = {
  version: '1.2.3',
  stdout: { write: () => true },
  stderr: { write: () => true },
} as unknown as RunContext

/** Every command there is, with all below it. */
export async function everyCommand(): Promise<Command[]> {
  const modules = [...moduleNames('tx'), ...moduleNames('query')]
  const below = (command: Command): Command[] => [command, ...command.commands.flatMap(below)]
  const found: Command[] = []
  for (const name of Object.keys(overview)) {
    const program = await programFor(quiet, [name, ...modules])
    found.push(...below(program.commands.find((command) => command.name() === name) as Command))
  }
  return found
}

/** The name of a command with those above it: `wadi tx sign`. */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`
}

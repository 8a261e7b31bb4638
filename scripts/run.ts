/** All that is done to the project, by hand or by a machine: `npm run <command>` or `node scripts/run.ts <command>`. */

/** Takes the remaining arguments, returns the exit code. */
export type Command = (args: readonly string[]) => number | Promise<number>

interface Entry {
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** Each command is loaded when it is asked for: most need packages and files that the others do not. */
const commands: Readonly<Record<string, Entry>> = {
  build: {
    summary: 'write dist/, what the npm package runs',
    load: async () => (await import('./build.ts')).build,
  },
  check: {
    summary: 'formatting, lint, types, dead code, protos, coverage, fresh generated code and tables',
    load: async () => (await import('./check.ts')).check,
  },
  proto: {
    summary: 'write src/gen from proto/ (--check: say whether it is fresh)',
    load: async () => (await import('./proto.ts')).proto,
  },
  readme: {
    summary: 'write the tables of modules/*/README.md (--check: say whether they are fresh)',
    load: async () => (await import('./readme.ts')).readme,
  },
  coverage: {
    summary: 'every branch of src/kernel is reached by its tests',
    load: async () => (await import('./coverage.ts')).coverage,
  },
  vectors: {
    summary: '[folder]: compare with the golden vectors of another implementation',
    load: async () => (await import('../test/vectors/run.ts')).vectors,
  },
  simulate: {
    summary: 'random transactions through several replicas that have to agree (--help)',
    load: async () => (await import('../test/simulation/run.ts')).simulate,
  },
  bench: {
    summary: 'the table of BENCHMARKS.md (--help)',
    load: async () => (await import('../test/bench/run.ts')).bench,
  },
  soak: {
    summary: 'memory over 100,000 blocks (--help)',
    load: async () => (await import('./soak.ts')).soak,
  },
  archive: {
    summary: '1,000 random questions at old heights of an archive node (--help)',
    load: async () => (await import('../test/e2e/archive.ts')).archive,
  },
  'e2e:faults': {
    summary: 'all the kills and crash points against real nodes (--help)',
    load: async () => (await import('../test/e2e/faults.ts')).faults,
  },
}

function help(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return ['usage: npm run <command> [-- arguments]', '', ...rows].join('\n')
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help') {
    console.log(help())
    return name === undefined ? 2 : 0
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) {
    console.error(`unknown command ${name}\n\n${help()}`)
    return 2
  }
  const command = await entry.load()
  return command(args)
}

process.exitCode = await main(process.argv.slice(2))

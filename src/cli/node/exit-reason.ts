import { NodeError } from './errors.ts'

/** Why a node ended. */
export type ExitReason =
  /** It was asked to. */
  | { readonly kind: 'stopped' }
  /** CometBFT went by itself. `cause` is its own first word on it; `error` explains it and says what to do. */
  | {
      readonly kind: 'cometbft'
      readonly code: number | null
      readonly signal: NodeJS.Signals | null
      readonly cause: string
      readonly tail: readonly string[]
      readonly error: NodeError
    }
  /** The application gave up (a halt, a full disk, an upgrade height). */
  | { readonly kind: 'app'; readonly error: Error }

const TAIL_SHOWN = 8

/** Turns CometBFT's unexpected end into a reason; `lines` are the last it logged, `home` the node's folder. */
export function cometbftExit(
  code: number | null,
  signal: NodeJS.Signals | null,
  lines: readonly string[],
  home: string,
): ExitReason {
  const { cause, tail } = findCause(lines)
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`
  const { meaning, fix } = code === 0 ? ENDED_IN_ORDER : explain(lines.join('\n'), home, signal)
  const text = [
    `CometBFT ended unexpectedly (${how}): ${meaning}`,
    ...tail.map((line) => `    ${line}`),
  ].join('\n')
  return { kind: 'cometbft', code, signal, cause, tail, error: new NodeError('start-failed', text, fix) }
}

/** A panic or a fatal error comes with pages of trace; the first line of it is the one to read. */
function findCause(lines: readonly string[]): { cause: string; tail: readonly string[] } {
  const at = lines.findIndex((line) => /^(panic:|fatal error:|ERROR:|failed |Error reading)/.test(line))
  const tail = at < 0 ? lines.slice(-TAIL_SHOWN) : lines.slice(at, at + TAIL_SHOWN)
  const trace = tail.findIndex((line) => /^goroutine \d+/.test(line.trim()))
  const shown = (trace < 0 ? tail : tail.slice(0, trace)).map((line) => line.slice(0, 400))
  return { cause: shown[0] ?? '', tail: shown.filter((line) => line.trim() !== '') }
}

interface Explanation {
  readonly meaning: string
  readonly fix: readonly string[]
}

interface Known {
  readonly pattern: RegExp
  readonly explain: (match: RegExpExecArray, home: string) => Explanation
}

const ENDED_IN_ORDER: Explanation = {
  meaning: 'it was asked to stop, by a signal from outside',
  fix: ['start again; to stop the node, stop the application, which stops CometBFT'],
}

const startOver =
  'or start over: a devnet with "wadi dev --reset", another node by syncing a new home with its keys and its ' +
  'data/priv_validator_state.json (a validator must never sign a height twice)'

const KNOWN: readonly Known[] = [
  {
    pattern: /app block height \((\d+)\) is higher than core \((\d+)\)/,
    explain: ([, app, core], home) => ({
      meaning:
        `the application is at height ${app}, CometBFT's data only at ${core}: its files are ` +
        `older than the application's`,
      fix: [
        `restore ${home}/data from the same backup as ${home}/data/app (the application must not be ahead)`,
        `or move ${home}/data/app back to height ${core} or below; CometBFT then replays the blocks between`,
        startOver,
      ],
    }),
  },
  {
    pattern: /state\.AppHash does not match AppHash after replay\. Got\s+(\S*), expected \./,
    explain: (_, home) => ({
      meaning: "CometBFT's data is empty while the application already holds blocks",
      fix: [
        `restore blockstore.db, state.db and cs.wal in ${home}/data from the same backup as ${home}/data/app`,
        `or empty ${home}/data/app too and follow the chain from its first block`,
        startOver,
      ],
    }),
  },
  {
    pattern:
      /does not match AppHash after replay|LastAppHash .* does not match app's AppHash|wrong Block\.Header\.AppHash/,
    explain: (_, home) => ({
      meaning:
        'the application came to another state than the chain did (other version, other genesis, or damaged data)',
      fix: [
        'run the version of wadi the other validators run',
        `compare ${home}/config/genesis.json with theirs ("wadi doctor" prints its hash)`,
        `restore ${home}/data as a whole from a backup; CometBFT replays what came after`,
      ],
    }),
  },
  {
    pattern: /app block height \((\d+)\) is too far below block store base \((\d+)\)/,
    explain: ([, app, base], home) => ({
      meaning: `the application is at height ${app}, but blocks below ${base} were pruned, so they cannot be replayed`,
      fix: [`restore ${home}/data/app from a backup at height ${base} or above`, startOver],
    }),
  },
  {
    pattern: /resource temporarily unavailable/,
    explain: (_, home) => ({
      meaning: `another process has the databases in ${home}/data open`,
      fix: ['stop the other node on this home ("wadi status --home …" names its process)'],
    }),
  },
  {
    pattern: /failed to listen on (\S+):/,
    explain: ([, address]) => ({
      meaning: `the address ${address} is taken`,
      fix: ['stop what listens there, or change laddr in config/config.toml'],
    }),
  },
  {
    pattern: /error reading GenesisDoc at ([^:\s]+): ([^\n]+)/,
    explain: ([, file, problem]) => ({
      meaning: `the genesis file ${file} is not valid: ${problem}`,
      fix: ['correct it ("wadi genesis validate" names file, path, value and fix), or take the chain\'s own'],
    }),
  },
  {
    pattern: /While parsing config: ([^\n]+)/,
    explain: ([, problem], home) => ({
      meaning: `config.toml is not valid: ${problem}`,
      fix: [`correct ${home}/config/config.toml`],
    }),
  },
  {
    pattern: /no space left on device/,
    explain: (_, home) => ({
      meaning: 'the disk is full',
      fix: [`free some space where ${home} is, then start again`],
    }),
  },
]

function explain(log: string, home: string, signal: NodeJS.Signals | null): Explanation {
  for (const { pattern, explain: known } of KNOWN) {
    const match = pattern.exec(log)
    if (match !== null) return known(match, home)
  }
  if (signal === 'SIGKILL')
    return {
      meaning: 'it was killed',
      fix: ['start again: nothing committed is lost; if nobody did it, look for an out-of-memory kill'],
    }
  return {
    meaning: 'its last lines follow',
    fix: ['start again: nothing committed is lost', '"wadi doctor" checks the usual causes'],
  }
}

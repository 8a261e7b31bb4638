import { once } from 'node:events'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import type { ConsensusParams } from '#gen/tendermint/types/params.ts'
import { toJson } from '#lib/proto-json.ts'
import { genesisJson } from '../../app/genesis.ts'
import { decodeMeta } from '../../app/state.ts'
import { Context } from '../../kernel/context.ts'
import type { KvIterator, ReadStore } from '../../kernel/kv.ts'
import { openVersion } from '../../store/offline.ts'
import type { StoredVersion } from '../../store/reader.ts'
import type { CliContext } from '../context.ts'
import { draftBeside } from '../files.ts'
import { inFile, membersOf, valueOf } from '../genesis/document.ts'
import type { GenesisConsensusParams } from '../node/genesis-doc.ts'
import { type Progress, startProgress } from '../progress.ts'
import { type HeldState, notKept, onState } from './folder.ts'

export interface ExportOptions {
  readonly home: string
  readonly height?: number
  readonly outputDocument?: string
}

/** Text is written in pieces of about this many characters. */
const PIECE = 256 * 1024

/** `wadi export`: the state as a genesis document, in a file that appears when it is complete. */
export async function runExport(context: CliContext, options: ExportOptions) {
  return onState(context, options, async (state) => {
    const opened = await openVersion(state.directory, state.chain.stores, options.height, state.options)
    if ('kept' in opened) throw notKept(state.home, options.height, opened.kept)
    const progress = startProgress(context.stderr, 'Exporting', opened.version.keys, 'rows')
    try {
      const pieces = documentOf(state, opened.version, progress)
      const bytes =
        options.outputDocument === undefined
          ? await writeOut(context.stdout, pieces)
          : writeFile(options.outputDocument, pieces)
      const { chainId } = decodeMeta(opened.version.meta)
      return {
        chain_id: chainId,
        height: opened.version.version,
        bytes,
        genesis: options.outputDocument ?? '-',
      }
    } finally {
      progress.stop()
      await opened.close()
    }
  })
}

function* documentOf(state: HeldState, version: StoredVersion, progress: Progress): Generator<string> {
  const { chain, home } = state
  const { chainId, time } = decodeMeta(version.meta)
  const store = counted(version, progress)
  const height = BigInt(version.version)
  const ctx = new Context({ store, slots: chain.slots, height, time, chainId })
  const head = {
    genesis_time: toJson('google.protobuf.Timestamp', time),
    chain_id: chainId,
    initial_height: `${version.version + 1}`,
    consensus_params: consensusParams(chain.consensus.params(ctx)),
    validators: validatorsOf(home.paths.genesis),
    app_hash: '',
  }
  yield `${JSON.stringify(head).slice(0, -1)},"app_state":`
  yield* genesisJson(ctx, chain.modules)
  yield '}\n'
}

/** The validators are those of the genesis: this chain changes them in no other way. */
function validatorsOf(file: string): unknown {
  return inFile(file, () => {
    const bytes = readFileSync(file)
    const span = membersOf(bytes).get('validators')
    return span === undefined ? [] : valueOf(bytes, span)
  })
}

/** As CometBFT writes them: durations are nanoseconds. */
function consensusParams(params: ConsensusParams): GenesisConsensusParams {
  const json = toJson('tendermint.types.ConsensusParams', params) as unknown as GenesisConsensusParams
  const { seconds = 0n, nanos = 0 } = params.evidence?.maxAgeDuration ?? {}
  const duration = `${seconds * 1_000_000_000n + BigInt(nanos)}`
  return { ...json, evidence: { ...json.evidence, max_age_duration: duration } }
}

/** Tells of every entry that is walked past. */
function counted(store: ReadStore, progress: Progress): ReadStore {
  return {
    get: (slot, key) => store.get(slot, key),
    has: (slot, key) => store.has(slot, key),
    iterate(slot, start, end, reverse): KvIterator {
      const cursor = store.iterate(slot, start, end, reverse)
      return {
        next() {
          progress.add(1)
          return cursor.next()
        },
        get key() {
          return cursor.key
        },
        get value() {
          return cursor.value
        },
      }
    },
  }
}

function* gathered(pieces: Iterable<string>): Generator<Buffer> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length < PIECE) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(text)
}

function writeFile(path: string, pieces: Iterable<string>): number {
  const draft = draftBeside(path)
  const file = openSync(draft, 'wx', 0o644)
  let bytes = 0
  try {
    for (const piece of gathered(pieces)) {
      for (let from = 0; from < piece.length; ) from += writeSync(file, piece, from)
      bytes += piece.length
    }
    fsyncSync(file)
    renameSync(draft, path)
    return bytes
  } finally {
    closeSync(file)
    rmSync(draft, { force: true })
  }
}

async function writeOut(stdout: NodeJS.WriteStream, pieces: Iterable<string>): Promise<number> {
  let bytes = 0
  for (const piece of gathered(pieces)) {
    bytes += piece.length
    if (!stdout.write(piece)) await once(stdout, 'drain')
  }
  return bytes
}

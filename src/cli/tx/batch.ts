import type { RunContext } from '../context.ts'
import { CommandError } from '../errors.ts'
import { readText } from '../files.ts'
import { startProgress } from '../progress.ts'
import { addressBook, openKeyring } from '../session.ts'
import type { WithOrigins } from './destination.ts'
import { emit, parseTx, type TxDocument, txText } from './document.ts'
import { signed } from './files.ts'
import type { SignOptions } from './options.ts'
import { signingPlace, tellChain } from './place.ts'
import { openKey, signingKey } from './signer.ts'
import { checkSigner, signersOfTx } from './signers.ts'

/** What is signed in one go: everything is in memory until the last one is. */
export const MAX_BATCH = { bytes: 64 * 1024 * 1024, txs: 10_000 } as const

interface Line {
  /** `unsigned.jsonl:3` */
  readonly name: string
  readonly tx: TxDocument
}

/** `wadi tx sign-batch`: signs the transactions of files, one a line, with sequences that follow each other. */
export async function signBatch(
  context: RunContext,
  files: readonly string[],
  options: WithOrigins<SignOptions>,
): Promise<void> {
  const lines = readLines(files)
  const keyring = openKeyring(options)
  const place = await signingPlace(options, (chainId) => addressBook(keyring, chainId)(options.from))
  // Before a password is asked for, or anything signed.
  for (const { name, tx } of lines)
    checkSigner(keyring, place, { file: name, signers: signersOfTx(tx), named: options.from, flag: '--from' })
  const signer = await openKey(keyring, signingKey(keyring, place.address, place.chainId), place.chainId)
  const progress = startProgress(context.stderr, 'signing', lines.length, 'signatures')
  const texts: string[] = []
  try {
    for (const [i, { name, tx }] of lines.entries()) {
      const at = { ...place, sequence: place.sequence + i }
      texts.push(txText(await atLine(name, () => signed(tx, at, signer, options.signMode ?? 'direct'))))
      progress.add(1)
    }
  } finally {
    progress.stop()
  }
  emit(context, texts.join('\n'), options)
  tellChain(context, place)
}

function readLines(files: readonly string[]): Line[] {
  const lines: Line[] = []
  let left: number = MAX_BATCH.bytes
  for (const file of files) {
    const text = readText(file, left)
    left -= Buffer.byteLength(text)
    const source = file === '-' ? 'the standard input' : file
    for (const [i, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue
      const name = `${source}:${i + 1}`
      if (lines.length === MAX_BATCH.txs)
        throw new CommandError(`${name}: more than ${MAX_BATCH.txs} transactions`, [
          'sign them in several batches',
        ])
      lines.push({ name, tx: parseTx(line, name) })
    }
  }
  if (lines.length === 0) throw new CommandError(`there is no transaction in ${files.join(', ')}`)
  return lines
}

async function atLine<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CommandError) throw new CommandError(`${name}: ${error.message}`, [], error.exitCode)
    throw error
  }
}

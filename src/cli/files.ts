import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandError } from './errors.ts'

/** Bytes that are read of a file a command is given, unless it says otherwise: eight of the largest transactions. */
export const MAX_INPUT_BYTES = 8 * 1024 * 1024

/**
 * The text of a file, `-` for the standard input. Throws {@link CommandError} beyond `limit` bytes and for a folder;
 * what the file system refuses is thrown as it is.
 */
export function readText(file: string, limit = MAX_INPUT_BYTES): string {
  return readBytes(file, limit).toString('utf8')
}

/** Like {@link readText}. */
export function readBytes(file: string, limit = MAX_INPUT_BYTES): Buffer {
  const name = file === '-' ? 'the standard input' : file
  if (file !== '-' && statSync(file).isDirectory()) throw new CommandError(`${file} is a folder, not a file`)
  const descriptor = file === '-' ? 0 : openSync(file, 'r')
  try {
    return readUpTo(descriptor, limit, name)
  } finally {
    if (file !== '-') closeSync(descriptor)
  }
}

const PIECE = 64 * 1024

/** A pipe does not tell its length, so it is read until it ends or is too long. */
function readUpTo(descriptor: number, limit: number, name: string): Buffer {
  const pieces: Buffer[] = []
  for (let length = 0; ; ) {
    const piece = Buffer.allocUnsafe(PIECE)
    const count = readPiece(descriptor, piece)
    if (count === 0) return Buffer.concat(pieces, length)
    length += count
    if (length > limit) throw new CommandError(`${name} has more than the ${limit} bytes that are read of it`)
    pieces.push(piece.subarray(0, count))
  }
}

/** A terminal that is not ready says so; a closed one ends. */
function readPiece(descriptor: number, piece: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, piece)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EOF') return 0
      if (code !== 'EAGAIN') throw error
      Atomics.wait(pause, 0, 0, PAUSE_MS)
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))
const PAUSE_MS = 10

/** Writes a file as a whole or not at all: nobody ever finds half of it. Follows a link; keeps the rights of a file. */
export function writeWhole(file: string, text: string, mode = 0o644): void {
  const target = existsSync(file) ? realpathSync(file) : file
  // A device or a pipe is written to, not replaced.
  if (existsSync(target) && !statSync(target).isFile()) {
    writeFileSync(target, text)
    return
  }
  const kept = existsSync(target) ? statSync(target).mode & 0o777 : mode
  const draft = draftBeside(target)
  writeNew(draft, text, kept)
  try {
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/**
 * The name of a file that is to take the place of another once it is whole. Nobody can guess it: in a folder such as
 * /tmp others could put a link there.
 */
export function draftBeside(file: string): string {
  return join(dirname(file), `.wadi-${randomBytes(12).toString('hex')}.tmp`)
}

/**
 * Writes a file that is not there yet; refuses what is, a link to nothing included. When it returns the content is on
 * the disk; where it cannot be written as a whole, nothing stays.
 */
export function writeNew(file: string, text: string, mode: number): void {
  const descriptor = openSync(file, 'wx', mode)
  try {
    try {
      fchmodSync(descriptor, mode)
      writeFileSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  }
}

import { closeSync, constants, fdatasyncSync, fsyncSync, openSync, writeSync } from 'node:fs'

/** The operating system as the log's writer sees it: small, so that a test can put a full disk in its place. */
export interface LogFiles {
  /** Opens for writing, makes the file if need be; a number as `node:fs` gives. */
  open(path: string): number
  /** Writes at a position of the file; returns how many bytes went, which may be fewer. */
  write(file: number, bytes: Uint8Array, from: number, length: number, position: number): number
  /** Returns when what was written is on the disk. */
  datasync(file: number): void
  close(file: number): void
}

export const diskFiles: LogFiles = {
  open: (path) => openSync(path, constants.O_CREAT | constants.O_RDWR, 0o600),
  write: (file, bytes, from, length, position) => writeSync(file, bytes, from, length, position),
  datasync: (file) => fdatasyncSync(file),
  close: (file) => closeSync(file),
}

/** Makes the creation, renaming or removal of files in a directory durable. */
export function syncDirectory(directory: string): void {
  const file = openSync(directory, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

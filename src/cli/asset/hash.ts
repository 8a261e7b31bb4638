import { createHash } from 'node:crypto'
import { digestFiles, type FileSetDigest, type FileSource } from '../../client/model-digest.ts'
import { startProgress } from '../progress.ts'
import { type FoundFiles, readChunks, walkFiles } from './walk.ts'

/** A folder or file, digested. */
export interface PathDigest extends FileSetDigest {
  readonly found: FoundFiles
}

/**
 * Digests a folder or file with a progress bar on `stderr` if somebody watches; says there which names of `ignore` left
 * nothing out. Throws `PathError`, `FileSetError`.
 */
export async function hashPath(
  path: string,
  ignore: readonly string[],
  stderr: NodeJS.WriteStream,
): Promise<PathDigest> {
  const found = walkFiles(path, ignore)
  for (const name of found.unmatched) {
    stderr.write(
      `nothing in ${path} is named ${name}, so --ignore ${name} leaves nothing out\n` +
        '  - write whole paths from the folder on, as weights/old.bin; * stands for nothing but itself\n',
    )
  }
  const total = found.files.reduce((sum, { size }) => sum + size, 0)
  const progress = startProgress(stderr, 'Reading', total, 'bytes')
  try {
    const sources = found.files.map(
      (file): FileSource => ({ name: file.name, chunks: () => readChunks(file) }),
    )
    const digest = await digestFiles(sources, {
      createHash: () => createHash('sha256'),
      onProgress: (bytes) => progress.add(bytes),
    })
    return { ...digest, found }
  } finally {
    progress.stop()
  }
}

import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recomputedAppHash, storedAppHashes } from './app-hashes.ts'
import { commitTo, names, TestFolder } from './storage-testkit.ts'

const folder = new TestFolder()

const stored = () => [...storedAppHashes(folder.directory)]

/** Every byte of the folder, to see that nothing of it changes. */
function contents(): Record<string, string> {
  const files = readdirSync(folder.directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((file) => !file.includes('/lock'))
      .map((file) => [file, readFileSync(file, 'latin1')]),
  )
}

test('the app hashes of a folder are those that were committed, and reading them changes nothing', async () => {
  const storage = await folder.open()
  const committed = commitTo(storage, 10)
  await storage.snapshot()
  committed.push(...commitTo(storage, 15))
  const before = contents()

  // While it runs.
  const found = stored()
  expect(found.map(({ version }) => version)).toEqual([10, ...Array.from({ length: 15 }, (_, i) => i + 1)])
  for (const { version, appHash } of found) expect(appHash, `${version}`).toBe(committed[version - 1])
  expect(found[0]?.file).toMatch(/000000000010\.snapshot$/)

  // Anew: of the log alone, and of the snapshot with what came after.
  for (const version of [1, 9, 10, 11, 15])
    expect(recomputedAppHash(folder.directory, names, version), `${version}`).toBe(committed[version - 1])
  expect(recomputedAppHash(folder.directory, names, 16)).toBeUndefined()
  expect(contents()).toEqual(before)
})

test('a record that is half written ends the list, and stays as it is', async () => {
  const storage = await folder.open()
  commitTo(storage, 3)
  await folder.close(storage)
  const { size } = statSync(folder.logFile)
  truncateSync(folder.logFile, size - 3)
  expect(stored().map(({ version }) => version)).toEqual([1, 2])
  expect(statSync(folder.logFile).size).toBe(size - 3)
})

test('damage before the end is told with its file', async () => {
  const storage = await folder.open()
  commitTo(storage, 3)
  await folder.close(storage)
  const bytes = readFileSync(folder.logFile)
  const at = bytes.indexOf('value of 1')
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(folder.logFile, bytes)
  expect(stored).toThrow(/000000000001\.log.*version 1 fails its CRC/s)
})

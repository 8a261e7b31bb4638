import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { usableFolder } from './folder.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-folder-'))
})
afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true, force: true })
})

describe('the folder of a command', () => {
  test('is made with all above it, for its owner alone, and may be there', () => {
    const deep = join(folder, 'a', 'b')
    usableFolder(deep, '--home')
    usableFolder(deep, '--home')
    expect(readdirSync(folder, { recursive: true })).toEqual(['a', join('a', 'b')])
    expect(statSync(deep).mode & 0o077).toBe(0)
  })

  test('is refused where a file stands in its place or above it', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    expect(() => usableFolder(file, '--home')).toThrow(
      `${file} is a file, not a folder\n  - name another folder with --home\n  - or move the file away`,
    )
    const below = join(file, 'a', 'b')
    expect(() => usableFolder(below, '--dir')).toThrow(
      `${below} cannot be made: ${file} is a file, not a folder\n  - name another folder with --dir\n`,
    )
  })

  test('is refused where its user may not write', (context) => {
    if (process.getuid?.() === 0) context.skip('root may write everywhere')
    if (process.platform === 'win32') context.skip('rights are other ones on this system')
    chmodSync(folder, 0o500)
    const fix = `\n  - name another folder with --home\n  - or give yourself the right to (chmod u+wx ${folder}, chown)`
    expect(() => usableFolder(folder, '--home')).toThrow(`${folder} may not be written by you${fix}`)
    const below = join(folder, 'a')
    expect(() => usableFolder(below, '--home')).toThrow(
      `${below} cannot be made: ${folder} may not be written by you${fix}`,
    )
  })

  test('is refused where the file system makes none', (context) => {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) context.skip('it takes root and /proc')
    expect(() => usableFolder('/proc/wadi/home', '--home')).toThrow(
      '/proc/wadi/home cannot be made: /proc/wadi is refused by the system: ENOENT',
    )
  })
})

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChainStore } from '../../solo/chain-store.ts'
import { finishRevert } from '../../solo/dev.ts'
import { makeStateFolder, replaceState } from './solo-state.ts'

/** Files and folders that a power loss could take back: changed, and not synced since. */
const volatile = vi.hoisted(() => new Set<string>())

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const { dirname } = await import('node:path')
  const opened = new Map<number, string>()
  const made = (path: unknown) => {
    volatile.add(String(path))
    volatile.add(dirname(String(path)))
  }
  return {
    ...fs,
    openSync: (...args: Parameters<typeof fs.openSync>) => {
      const file = fs.openSync(...args)
      opened.set(file, String(args[0]))
      if (/^[wa]/.test(String(args[1]))) made(args[0])
      return file
    },
    fsyncSync: (file: number) => {
      fs.fsyncSync(file)
      volatile.delete(opened.get(file) ?? '')
    },
    writeSync: (...args: Parameters<typeof fs.writeSync>) => {
      volatile.add(opened.get(args[0]) ?? '')
      return fs.writeSync(...args)
    },
    copyFileSync: (...args: Parameters<typeof fs.copyFileSync>) => {
      fs.copyFileSync(...args)
      made(args[1])
    },
    mkdirSync: (...args: Parameters<typeof fs.mkdirSync>) => {
      if (!fs.existsSync(args[0])) made(args[0])
      return fs.mkdirSync(...args)
    },
    rmSync: (...args: Parameters<typeof fs.rmSync>) => {
      fs.rmSync(...args)
      volatile.add(dirname(String(args[0])))
    },
  }
})

let home: string
let saved: string
let appData: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wadi-solo-state-'))
  saved = join(home, 'solo/snapshots/1')
  appData = join(home, 'app')
  mkdirSync(saved, { recursive: true })
  for (const part of ['log', 'snapshots']) {
    mkdirSync(join(appData, part), { recursive: true })
    writeFileSync(join(appData, part, '000000000009.snapshot'), 'later')
  }
  writeFileSync(join(saved, '000000000005.snapshot'), 'as it was')
  volatile.clear()
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

test('a revert is on the disk before the record of it goes', () => {
  const store = ChainStore.open(join(home, 'solo'))
  store.set({ revert: JSON.stringify({ folder: saved, height: 5, offsetMs: 0 }) })
  volatile.clear()
  const atRisk: string[][] = []
  const set = store.set.bind(store)
  vi.spyOn(store, 'set').mockImplementation((values) => {
    atRisk.push([...volatile])
    set(values)
  })
  finishRevert(store, (folder) => replaceState(folder, appData))
  // The clock, and then the record.
  expect(atRisk).toEqual([[], []])
  expect(store.setting('revert')).toBeUndefined()
  store.close()
  expect(existsSync(join(appData, 'log'))).toBe(false)
  expect(readdirSync(join(appData, 'snapshots'))).toEqual(['000000000005.snapshot'])
  expect(readFileSync(join(appData, 'snapshots/000000000005.snapshot'), 'utf8')).toBe('as it was')
})

test('the folder of a saved state is on the disk before a revert names it', () => {
  const all = join(home, 'solo/all')
  mkdirSync(all)
  const folder = join(all, '2')
  makeStateFolder(folder)
  // What is in it is the writer's to sync, with the folder itself.
  expect([...volatile].filter((path) => path !== folder)).toEqual([])
  expect(existsSync(folder)).toBe(true)
})

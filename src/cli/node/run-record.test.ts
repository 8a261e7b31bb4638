import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cometbftOf, processStart, runningOn, takeRunLock } from './run-record.ts'

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wadi-run-'))
  file = join(dir, 'run.json')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

test('a folder in use is refused with the process that has it, and free again when released', () => {
  const lock = takeRunLock(file)
  expect(() => takeRunLock(file)).toThrow(`is in use by process ${process.pid}`)
  lock.update({ rpcUrl: 'http://127.0.0.1:1' })
  expect(runningOn(file)).toMatchObject({ pid: process.pid, rpcUrl: 'http://127.0.0.1:1' })
  lock.release()
  expect(runningOn(file)).toBeUndefined()
  takeRunLock(file).release()
  expect(readdirSync(dir)).toEqual([])
})

test('what a killed process left behind does not count, and is handed on', () => {
  const dead = spawnSync(process.execPath, ['-e', '0'])
  writeFileSync(file, JSON.stringify({ pid: dead.pid, started: 'boot/1', cometbftPid: 1 }))
  const lock = takeRunLock(file)
  expect(lock.previous).toMatchObject({ pid: dead.pid, cometbftPid: 1 })
  expect(JSON.parse(readFileSync(file, 'utf8')).pid).toBe(process.pid)
  lock.release()
})

test('a process that got the same number later is another process', () => {
  writeFileSync(file, JSON.stringify({ pid: process.pid, started: 'another boot/1' }))
  expect(runningOn(file)).toBeUndefined()
  takeRunLock(file).release()
})

test('a damaged record does not lock anybody out', () => {
  writeFileSync(file, '{"pid":')
  takeRunLock(file).release()
})

test('CometBFT of a record counts only while that very process lives', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const pid = child.pid ?? 0
  const record = { pid: 1, started: '', cometbftPid: pid, cometbftStarted: processStart(pid) ?? '' }
  expect(cometbftOf(record)).toBe(pid)
  expect(cometbftOf({ ...record, cometbftStarted: 'boot/1' })).toBeUndefined()
  child.kill('SIGKILL')
  await new Promise((done) => child.once('close', done))
  expect(cometbftOf(record)).toBeUndefined()
  expect(cometbftOf(undefined)).toBeUndefined()
})

import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { draftBeside, readText, writeNew, writeWhole } from './files.ts'
import { Scratch } from './testkit.ts'

const scratch = new Scratch('files')

describe('a file that a command is given', () => {
  test('is read up to its limit, and not beyond', () => {
    const path = scratch.file('ten', 'x'.repeat(10))
    expect(readText(path, 10)).toBe('x'.repeat(10))
    expect(() => readText(path, 9)).toThrow(`${path} has more than the 9 bytes that are read of it`)
  })

  test('that never ends is not waited for', (context) => {
    if (process.platform === 'win32') context.skip('there is no /dev/zero')
    expect(() => readText('/dev/zero', 100_000)).toThrow('/dev/zero has more than the 100000 bytes')
  })

  test('is no folder', () => {
    expect(() => readText(scratch.path)).toThrow(`${scratch.path} is a folder, not a file`)
  })
})

describe('a file that a command writes', () => {
  test('is there as a whole, keeps its rights, and leaves nothing beside it', () => {
    mkdirSync(scratch.at('out'))
    const path = scratch.at('out', 'a')
    writeWhole(path, 'one', 0o600)
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['one', 0o600])
    chmodSync(path, 0o640)
    writeWhole(path, 'two')
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['two', 0o640])
    expect(readdirSync(scratch.at('out'))).toEqual(['a'])
  })

  test('may be a link to another, or a device', (context) => {
    const target = scratch.file('target', 'one')
    const link = scratch.at('link')
    symlinkSync(target, link)
    writeWhole(link, 'two')
    expect(readFileSync(target, 'utf8')).toBe('two')
    if (process.platform === 'win32') context.skip('there is no /dev/null')
    writeWhole('/dev/null', 'gone')
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  test('leaves the old one where it cannot be written', () => {
    expect(() => writeWhole(scratch.at('absent', 'a'), 'x')).toThrow('ENOENT')
    expect(readdirSync(scratch.path).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  // In a folder that others write to, as /tmp, a name that can be guessed may be a link of theirs.
  test('goes through no link that was planted for its draft', () => {
    mkdirSync(scratch.at('shared'))
    const victim = scratch.file('victim', 'precious')
    const path = scratch.at('shared', 'out.json')
    symlinkSync(victim, `${path}.${process.pid}.tmp`)
    writeWhole(path, 'secret', 0o600)
    expect(readFileSync(victim, 'utf8')).toBe('precious')
    expect([readFileSync(path, 'utf8'), lstatSync(path).isFile()]).toEqual(['secret', true])
    expect(draftBeside(path)).not.toBe(draftBeside(path))
  })

  test('leaves no draft where it cannot take its name', () => {
    mkdirSync(scratch.at('long'))
    // File systems take names of 255 bytes.
    expect(() => writeWhole(scratch.at('long', 'n'.repeat(300)), 'x')).toThrow('ENAMETOOLONG')
    writeWhole(scratch.at('long', 'n'.repeat(255)), 'x')
    expect(readdirSync(scratch.at('long'))).toEqual(['n'.repeat(255)])
  })

  test('that must be new is written over nothing, and through no link', () => {
    const there = scratch.file('there', 'one')
    symlinkSync(scratch.at('nowhere'), scratch.at('dangling'))
    expect(() => writeNew(there, 'two', 0o600)).toThrow('EEXIST')
    expect(() => writeNew(scratch.at('dangling'), 'two', 0o600)).toThrow('EEXIST')
    expect(readFileSync(there, 'utf8')).toBe('one')
    expect(readdirSync(scratch.path)).not.toContain('nowhere')
    writeNew(scratch.at('new'), 'two', 0o640)
    expect([readFileSync(scratch.at('new'), 'utf8'), statSync(scratch.at('new')).mode & 0o777]).toEqual([
      'two',
      0o640,
    ])
  })
})

import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hasColours, paint } from './colour.ts'
import type { CliContext } from './context.ts'
import { runCli } from './main.ts'

const terminal = { isTTY: true } as NodeJS.WriteStream
const pipe = {} as NodeJS.WriteStream

beforeEach(() => {
  for (const name of ['NO_COLOR', 'FORCE_COLOR', 'TERM']) vi.stubEnv(name, undefined)
})
afterEach(() => void vi.unstubAllEnvs())

describe('colours', () => {
  test('are for terminals, unless somebody says otherwise', () => {
    expect([hasColours(terminal), hasColours(pipe)]).toEqual([true, false])
    vi.stubEnv('NO_COLOR', '1')
    expect([hasColours(terminal), hasColours(pipe)]).toEqual([false, false])
    vi.stubEnv('NO_COLOR', undefined)
    vi.stubEnv('FORCE_COLOR', '1')
    expect([hasColours(terminal), hasColours(pipe)]).toEqual([true, true])
    vi.stubEnv('FORCE_COLOR', '0')
    expect(hasColours(terminal)).toBe(false)
    vi.stubEnv('FORCE_COLOR', undefined)
    vi.stubEnv('TERM', 'dumb')
    expect(hasColours(terminal)).toBe(false)
  })

  test('stand around a text', () => {
    // Select Graphic Rendition: 31 is red, 39 the colour there was.
    expect(paint(terminal, 'red', 'x')).toBe('\u001b[31mx\u001b[39m')
    expect(paint(pipe, 'red', 'x')).toBe('x')
  })

  test('are in help and errors on a terminal, and in nothing that is piped', async () => {
    const on = await printed(true)
    const off = await printed(false)
    expect(on.help).toContain('\u001b[')
    expect(on.error).toContain('\u001b[31mwadi:')
    expect(JSON.stringify(off)).not.toContain('\\u001b')
    const plain = (text: string) => stripVTControlCharacters(text)
    expect({ help: plain(on.help), error: plain(on.error) }).toEqual(off)
  })
})

async function printed(isTTY: boolean): Promise<{ help: string; error: string }> {
  let help = ''
  let error = ''
  const context = {
    version: '1.2.3',
    stdout: { isTTY, write: (text: string) => (help += text) },
    stderr: { isTTY, write: (text: string) => (error += text) },
  } as unknown as CliContext
  await runCli(context, ['tx', '--help'])
  await runCli(context, ['keys', 'parse', 'nothing'])
  return { help, error }
}

import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AbciAddressError } from './errors.ts'
import { AbciServer } from './server.ts'
import { TestApp } from './testkit.ts'

describe('the address', () => {
  const dir = mkdtempSync(join(tmpdir(), 'abci-'))
  const make = () => new AbciServer(new TestApp(), { onHalt: () => {} })

  it('may be TCP with a free port', async () => {
    const server = make()
    await server.listen('tcp://127.0.0.1:0')
    expect(server.address).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/)
    await server.close()
  })

  it('may be the socket file of a dead process, which is replaced and removed at the end', async () => {
    const path = join(dir, 'dead')
    const first = make()
    await first.listen(`unix://${path}`)
    await expect(make().listen(`unix://${path}`)).rejects.toThrow(/another process listens there/)
    await first.close()
    expect(existsSync(path)).toBe(false)
    // a dead process leaves its file: bind one and unlink nothing
    const stale = createServer()
    await new Promise<void>((resolve) => stale.listen(path, resolve))
    renameSync(path, `${path}2`)
    await new Promise<void>((resolve) => stale.close(() => resolve()))
    const next = make()
    await next.listen(`unix://${path}2`)
    await next.close()
  })

  it.each([
    ['http://x', /write unix:/],
    ['unix://relative', /absolute/],
    ['tcp://127.0.0.1:99999', /write unix:/],
    [`unix:///${'x'.repeat(120)}`, /121 bytes, a socket's path has at most 103/],
    ['unix:///does/not/exist/socket', /the folder \/does\/not\/exist does not exist: make it/],
  ])('%s is refused with the way to write it', async (address, message) => {
    await expect(make().listen(address)).rejects.toThrow(message)
    await expect(make().listen(address)).rejects.toThrow(AbciAddressError)
  })

  it('that is a file and no socket is left alone', async () => {
    const path = join(dir, 'file')
    writeFileSync(path, 'precious')
    await expect(make().listen(`unix://${path}`)).rejects.toThrow(/is not a socket/)
    expect(readFileSync(path, 'utf8')).toBe('precious')
    rmSync(dir, { recursive: true, force: true })
  })
})

import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { freePort, isPortFree, LOOPBACK, pickPorts } from './ports.ts'

const open: Server[] = []
const occupy = async (port: number) => {
  const server = createServer()
  open.push(server)
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, LOOPBACK, done))
}
afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((done) => server.close(done))
})

test('a taken port moves to the next free one and is reported as moved', async () => {
  const port = await freePort(0)
  await occupy(port)
  expect(await isPortFree(port)).toBe(false)
  const { ports, moved } = await pickPorts({ rpc: port, rest: port + 50 })
  expect(ports.rpc).toBeGreaterThan(port)
  expect(moved).toEqual(['rpc'])
})

test('two doors that prefer one port get two', async () => {
  const port = await freePort(0)
  const { ports } = await pickPorts({ a: port, b: port, c: port })
  expect(new Set(Object.values(ports)).size).toBe(3)
  expect(ports.a).toBe(port)
})

test('no free port in reach is an error that names the range', async () => {
  await occupy(65_535).catch(() => undefined)
  await expect(freePort(65_535)).rejects.toThrow('no free port on 127.0.0.1 from 65535')
})

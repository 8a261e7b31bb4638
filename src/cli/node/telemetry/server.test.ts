import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type Health, TelemetryServer } from './server.ts'

const opened: TelemetryServer[] = []
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close()
})

async function open(health: Health, maxConnections?: number) {
  const server = new TelemetryServer(
    { metrics: () => 'wadi_height 7\n', health: () => health },
    maxConnections,
  )
  opened.push(server)
  const url = await server.listen('127.0.0.1', 0, () => {})
  return { server, url }
}

const well: Health = { healthy: true, height: 7, reasons: [] }

test('figures are text, health is 200 when all is well', async () => {
  const { url } = await open(well)
  const metrics = await fetch(`${url}/metrics?x=1`)
  expect([metrics.status, metrics.headers.get('content-type'), await metrics.text()]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
    'wadi_height 7\n',
  ])
  const health = await fetch(`${url}/health`)
  expect([health.status, await health.json()]).toEqual([200, { status: 'ok', height: 7, reasons: [] }])
})

test('health is 503 with the reasons when it is not', async () => {
  const { url } = await open({ healthy: false, height: 7, reasons: ['stalled'] })
  const health = await fetch(`${url}/health`)
  expect([health.status, await health.json()]).toEqual([
    503,
    { status: 'unhealthy', height: 7, reasons: ['stalled'] },
  ])
  expect((await fetch(`${url}/health`, { method: 'HEAD' })).status).toBe(503)
})

test('nothing else is served, and nothing is taken', async () => {
  const { url } = await open(well)
  expect((await fetch(`${url}/`)).status).toBe(404)
  expect((await fetch(`${url}/metrics/..%2f..%2fetc`)).status).toBe(404)
  const posted = await fetch(`${url}/metrics`, { method: 'POST', body: 'x'.repeat(100_000) })
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test('one connection more than the limit is told so', async () => {
  const { url } = await open(well, 1)
  const first = connect(Number(new URL(url).port), '127.0.0.1')
  await once(first, 'connect')
  const answer = await fetch(`${url}/health`, { headers: { connection: 'close' } })
  expect(answer.status).toBe(503)
  expect(await answer.text()).toContain('1 connections are open')
  first.destroy()
})

test('a port that is taken is an error that names the door', async () => {
  const { url } = await open(well)
  const second = new TelemetryServer({ metrics: () => '', health: () => well })
  await expect(second.listen('127.0.0.1', Number(new URL(url).port), () => {})).rejects.toThrow(
    /^telemetry: .*EADDRINUSE/,
  )
})

/** The example page in a real browser: blocks, a proven balance and a registration arrive. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openChromium } from '../support/chromium.ts'
import { type RunningExample, startExample } from '../support/example.ts'
import { type Devnet, startDevnet } from './devnet-kit.ts'

let net: Devnet
let page: RunningExample
let browser: Browser | { readonly reason: string }

beforeAll(async () => {
  net = await startDevnet()
  page = startExample('browser/serve.ts', ['0'], net.rpc)
  browser = await openChromium()
}, 120_000)
afterAll(async () => {
  if ('close' in browser) await browser.close()
  page?.stop()
  await page?.ended
  await net?.stop()
})

test('the page shows blocks, a proven balance, and what is registered meanwhile', async (context) => {
  if ('reason' in browser) return context.skip(`no browser: ${browser.reason}`)
  const url = /http\S+/.exec(await page.said('open http'))?.[0] as string
  const tab = await browser.newPage()
  const errors: string[] = []
  tab.on('pageerror', (error) => errors.push(error.message))
  await tab.goto(url)
  await tab.fill('#rpc', net.rpc.replace('http', 'ws'))
  await tab.click('button')
  await tab.locator('#chain', { hasText: `${net.chainId} at height` }).waitFor()
  await tab.locator('#balance', { hasText: '1000000000000000000000000 awadi, proven in' }).waitFor()
  await startExample('node/register-asset.ts', ['seen-in-a-browser'], net.rpc).ended
  await tab.locator('#assets', { hasText: 'seen-in-a-browser' }).waitFor()
  expect(await tab.locator('#blocks li').count()).toBeGreaterThan(1)
  // An address with a mistyped letter is told of in the page.
  await tab.fill('#address', `${net.accounts[0]?.address.slice(0, -1)}x`)
  await tab.click('button')
  await tab.locator('#balance.bad', { hasText: 'invalid address' }).waitFor()
  expect(errors).toEqual([])
})

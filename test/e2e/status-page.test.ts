/** The status page of a devnet, in a real browser. */
import { gzipSync } from 'node:zlib'
import { DirectSecp256k1HdWallet } from '@cosmjs/proto-signing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest'
import type { MsgRegisterAssetResponse } from '#gen/wadi/asset/v1/tx.ts'
import { readRecord } from '../../src/cli/node/run-record.ts'
import { SigningWadiClient } from '../../src/client/signing.ts'
import { StatusPage } from '../../src/status/status-page.ts'
import { TestAccount } from '../../src/testing/accounts.ts'
import { openChromium } from '../support/chromium.ts'
import { startWire } from '../support/rpc-proxy.ts'
import { type Devnet, startDevnet } from './devnet-kit.ts'

const MAX_GZIP = 100_000

let net: Devnet
let client: SigningWadiClient
let browser: Browser | { readonly reason: string }
let alice = ''

beforeAll(async () => {
  net = await startDevnet()
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(net.mnemonic, { prefix: 'wadi' })
  client = await SigningWadiClient.connectWithSigner(net.rpc, wallet)
  alice = net.accounts[0]?.address as string
  browser = await openChromium()
}, 180_000)
afterAll(async () => {
  if (browser !== undefined && 'close' in browser) await browser.close()
  client?.disconnect()
  await net?.stop()
})

type PageOptions = Parameters<Browser['newPage']>[0]

// Pages stay open: where Chromium has one process, that of the last page is the browser's own.

/** The page, and what went wrong on it or was asked of anybody else than the doors of the devnet. */
async function open(context: TestContext, url = net.page, options: PageOptions = {}) {
  if ('reason' in browser) return context.skip(`no browser starts here: ${browser.reason}`)
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options })
  const problems: string[] = []
  page.on('pageerror', ({ message }) => problems.push(message))
  page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())))
  const doors = [url, net.rest, net.faucet].map((door) => new URL(door).origin)
  page.on('request', (request) => {
    if (!request.url().startsWith('data:') && !doors.includes(new URL(request.url()).origin))
      problems.push(`asks ${request.url()}`)
  })
  await page.goto(url)
  return { page, problems }
}

const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).first().textContent()) ?? ''

/** The page writes it with commas. */
const heightOn = async (page: Page): Promise<number> =>
  Number((await textOf(page, '#height')).replaceAll(',', ''))

const WAIT = { timeout: 20_000 }

const register = async (slug: string, digest: number, parent?: bigint): Promise<bigint> => {
  const message = client.tx.asset.registerAsset({
    controller: alice,
    kind: 1,
    slug,
    license: { expression: 'MIT' },
    dataUse: { train: 1, mine: 1, infer: 1 },
    content: { scheme: 4, rootDigest: new Uint8Array(32).fill(digest), sizeBytes: 1n, fileCount: 1 },
    derivatives: 1,
    parents: parent === undefined ? [] : [{ assetId: parent, version: 1, relation: 1 }],
  })
  const { responses } = await client.signAndBroadcast(alice, [message])
  const [response] = responses as readonly { readonly value: MsgRegisterAssetResponse }[]
  return response?.value.assetId ?? 0n
}

test('is one small answer that lets nothing else in', async () => {
  expect(readRecord(`${net.home}/run.json`)?.pageUrl).toBe(net.page)
  const answer = await fetch(net.page)
  expect(gzipSync(await answer.text()).length).toBeLessThanOrEqual(MAX_GZIP)
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toMatch(/unsafe|\*/)
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect((await fetch(`${net.page}/elsewhere`)).status).toBe(404)
  expect((await fetch(net.page, { method: 'POST' })).status).toBe(404)
})

test('shows blocks as they are made, and who makes them', async (context) => {
  const { page, problems } = await open(context)
  await page.waitForSelector('#state.good')
  expect(await textOf(page, '#state')).toMatch(/^wadi-dev-1, CometBFT 0\.38/)
  const height = await heightOn(page)
  await expect.poll(() => heightOn(page), WAIT).toBeGreaterThan(height + 2)
  await page.waitForSelector('#chart .bar')
  expect(await page.locator('#chart svg').getAttribute('aria-label')).toMatch(/^The last \d+ blocks took /)
  await page.waitForSelector('#validators td')
  expect(await textOf(page, '#power')).toBe('1')
  expect(await textOf(page, '#interval')).toMatch(/^\d.* m?s median$/)
  expect(await textOf(page, '#mempool')).toMatch(/^\d+ \d+\.\d kB$/)
  expect(await page.locator('#links a').first().getAttribute('href')).toBe(net.rest)
  expect(problems).toEqual([])
})

test('gives coins to an address that is typed in, and shows the transaction, by keyboard alone', async (context) => {
  const { page, problems } = await open(context)
  const { address } = new TestAccount('status page')
  await page.waitForSelector('#gift:has-text("100 WADI")')
  for (let i = 0; i < 10 && !(await page.evaluate("document.activeElement.id === 'address'")); i++)
    await page.keyboard.press('Tab')
  await page.keyboard.type(address)
  await page.keyboard.press('Enter')
  await page.waitForSelector('#given.good')
  expect(await textOf(page, '#given')).toMatch(/^Sent 100 WADI to wadi1/)
  expect((await client.query.bank.balance({ address, denom: 'awadi' })).balance?.amount).toBe(`${10n ** 20n}`)
  await page.waitForSelector('.tx')
  expect(await textOf(page, '.tx .what')).toMatch(/^Send100 WADI to wadi1.*…/)
  await page.locator('.tx summary').first().focus()
  await page.keyboard.press('Enter')
  await page.waitForSelector('.tx[open] pre')
  expect(JSON.parse(await textOf(page, '.tx pre'))).toMatchObject([{ to_address: address }])
  await page.fill('#address', 'nobody')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#given.bad')
  expect(await textOf(page, '#given')).toContain('not in the expected format')
  // The refusal of that address is the only thing that the browser complains of.
  expect(problems.filter((problem) => !problem.includes('400'))).toEqual([])
})

test('draws where an asset comes from, and leads there', async (context) => {
  const parent = await register('base-model', 1)
  const { page, problems } = await open(context)
  await page.waitForSelector('#lineage .node.here')
  // Children are taken from when nobody can claim the parent any more.
  const from = (await client.query.asset.version({ assetId: parent, version: 1 })).version?.activeHeight ?? 0n
  while ((await client.height()) <= from) await new Promise((resolve) => setTimeout(resolve, 200))
  await register('tuned-model', 2, parent)
  await page.waitForSelector('#assets a:has-text("tuned-model")')
  await page.waitForSelector('#lineage h3:has-text("tuned-model")')
  expect(await textOf(page, '#lineage .relation')).toBe('finetune')
  await page.locator('#lineage a.node').focus()
  await page.keyboard.press('Enter')
  await page.waitForSelector('#lineage h3:has-text("base-model")')
  expect(await textOf(page, '#lineage a.node .name')).toBe('tuned-model')
  expect(problems).toEqual([])
})

test('goes on by itself when the node is back', async (context) => {
  const wire = await startWire(net.rpc)
  const { host } = wire
  const websocket = `ws://${host}/websocket`
  const server = new StatusPage({ rpc: `http://${host}`, websocket, rest: net.rest, faucet: net.faucet })
  const url = await server.listen('127.0.0.1', 0, () => {})
  const { page } = await open(context, url)
  await page.waitForSelector('#state.good')
  wire.cut(true)
  await page.waitForSelector('#state.bad')
  expect(await textOf(page, '#state')).toBe(`http://${host} does not answer; trying again …`)
  const height = await client.height()
  wire.cut(false)
  await page.waitForSelector('#state.good')
  await expect.poll(() => heightOn(page), WAIT).toBeGreaterThanOrEqual(height)
  await server.close()
  await wire.close()
})

test('is readable in light, in dark, and on a telephone', async (context) => {
  const back = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const light = await open(context, net.page, { colorScheme: 'light' })
  const dark = await open(context, net.page, { colorScheme: 'dark' })
  expect([await back(light.page), await back(dark.page)]).toEqual(['rgb(251, 251, 249)', 'rgb(20, 22, 23)'])
  const phone = await open(context, net.page, { viewport: { width: 360, height: 700 } })
  await phone.page.waitForSelector('#lineage .node, #assets .none')
  expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
})

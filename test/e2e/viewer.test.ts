/** The page at REST's root, in a real browser. */
import { existsSync } from 'node:fs'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest'
import type { QueryPool } from '../../src/query/pool.ts'
import { alice, queryChain, startPool } from './query-kit.ts'

const { chain, store } = queryChain()
let pool: QueryPool
let browser: Browser | undefined
let missing = ''

beforeAll(async () => {
  chain.advanceBlocks(3)
  pool = await startPool(store)
  try {
    browser = await launch()
  } catch (error) {
    missing = (error as Error).message.split('\n')[0] ?? ''
  }
})
afterAll(async () => {
  await browser?.close()
  await pool?.close()
})

/** `$CHROMIUM`, else the one that the package brings. */
async function launch(): Promise<Browser> {
  const given = process.env['CHROMIUM']
  const executablePath = given !== undefined && existsSync(given) ? given : await chromium.executablePath()
  return playwright.launch({ executablePath, args: [...chromium.args, '--disable-background-networking'] })
}

/** A page on which nothing was refused or went wrong when the test ends. */
async function open(context: TestContext, path = '/'): Promise<{ page: Page; problems: string[] }> {
  if (browser === undefined) return context.skip(`no browser starts here: ${missing}`)
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('request', (request) => {
    if (!request.url().startsWith(pool.restUrl ?? '-') && !request.url().startsWith('data:'))
      problems.push(request.url())
  })
  await page.goto(`${pool.restUrl}${path}`)
  await page.waitForSelector('nav li a')
  return { page, problems }
}

test('lists every method with its comment, and finds some by their words', async (context) => {
  const { page, problems } = await open(context)
  const all = await page.locator('nav li').count()
  expect(all).toBeGreaterThan(60)
  expect(await page.locator('#found').textContent()).toBe(`${all} of ${all} methods`)
  // The key that leads to the search is said beside it.
  await page.keyboard.press('/')
  await page.keyboard.type('bank balance')
  const shown = page.locator('nav li:visible')
  expect(await shown.count()).toBeGreaterThan(2)
  expect(await shown.count()).toBeLessThan(12)
  await page.keyboard.press('Enter')
  await page.waitForSelector('main h2')
  expect(await page.locator('main .path').textContent()).toMatch(/^GET\/cosmos\/bank\//)
  // The chain alone is here, without CometBFT: its two questions fail, and the page stands.
  expect(problems.filter((problem) => !problem.includes('503'))).toEqual([])
})

test('a method is tried with the form, and the command for a shell says the same', async (context) => {
  const { page } = await open(context, '/#cosmos_bank_v1beta1_Query_AllBalances')
  await page.fill('[id="p-address"]', alice.address)
  await page.click('.more > summary')
  await page.fill('[id="p-pagination.limit"]', '1')
  const url = `${pool.restUrl}/cosmos/bank/v1beta1/balances/${alice.address}?pagination.limit=1`
  expect(await page.locator('.curl pre').textContent()).toBe(`curl '${url}'`)
  await page.click('button.main')
  await page.waitForSelector('form > pre:visible')
  expect(JSON.parse((await page.locator('form > pre').textContent()) ?? '')).toEqual(
    await (await fetch(url)).json(),
  )
  expect(await page.locator('form > p').textContent()).toMatch(/^200 OK · \d+ ms · at height 3$/)
})

test('a refusal is shown as it is, and a page leads to the next', async (context) => {
  const { page } = await open(context, '/#cosmos_bank_v1beta1_Query_AllBalances')
  await page.fill('[id="p-address"]', 'nobody')
  await page.click('button.main')
  await page.waitForSelector('form > p.bad')
  expect(await page.locator('form > pre').textContent()).toContain('"code": 3')
  await page.goto(`${pool.restUrl}/#cosmos_auth_v1beta1_Query_Accounts`)
  await page.click('.more > summary')
  await page.fill('[id="p-pagination.limit"]', '1')
  await page.click('button.main')
  await page.click('text=Next page')
  await page.waitForFunction("document.querySelector('[id=\"p-pagination.key\"]').value !== ''")
  await page.waitForSelector('form > p:not(.bad):has-text("200")')
})

test('a body is proposed for what is posted, and the answer explained', async (context) => {
  const { page } = await open(context, '/#cosmos_tx_v1beta1_Service_Simulate')
  const body = JSON.parse(await page.locator('form textarea[aria-label="Body"]').inputValue())
  expect(body).toEqual({ tx_bytes: '' })
  await page.locator('.schema summary').first().click()
  await page.waitForSelector('.schema .schema li')
  expect(await page.locator('.schema .schema li').count()).toBeGreaterThan(1)
})

test('fits a telephone, and everything is reached by keyboard', async (context) => {
  const { page } = await open(context, '/#cosmos_bank_v1beta1_Query_AllBalances')
  await page.setViewportSize({ width: 360, height: 700 })
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
  await page.locator('[id="p-address"]').focus()
  await page.keyboard.type('x')
  await page.keyboard.press('Enter')
  await page.waitForSelector('form > p.bad')
})

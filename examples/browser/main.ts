/** The page: blocks and registrations as they come, and a balance that is proven. */
import { WadiClient } from '../../src/client/client.ts'
import { EventAssetRegistered } from '../../src/gen/wadi/asset/v1/events.ts'

const element = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E
const value = (id: string): string => element<HTMLInputElement>(id).value
const SHOWN = 5

let stop = new AbortController()

element('form').addEventListener('submit', (event) => {
  event.preventDefault()
  stop.abort(new Error('connected anew'))
  stop = new AbortController()
  for (const id of ['blocks', 'assets', 'balance']) element(id).textContent = ''
  watch(value('rpc'), value('address'), stop.signal).catch((error: Error) => {
    if (!stop.signal.aborted) say('chain', error.message, true)
  })
})

async function watch(rpc: string, address: string, signal: AbortSignal): Promise<void> {
  say('chain', 'connecting…')
  const known = await WadiClient.connect(rpc)
  // A devnet's own node is believed once. A real page has the header built in, or asks somebody else.
  const trust = await known.headerToTrust()
  const client = await WadiClient.connect(rpc, { trust })
  signal.addEventListener('abort', () => client.disconnect())
  await Promise.all([showBlocks(client, address, signal), showAssets(client, signal)])
}

async function showBlocks(client: WadiClient, address: string, signal: AbortSignal): Promise<void> {
  const chainId = await client.chainId()
  for await (const block of client.subscribe.blocks({ signal })) {
    say('chain', `${chainId} at height ${block.height}`)
    list('blocks', `${block.height}: ${block.txs.length} transactions, ${block.hash.slice(0, 16)}…`)
    await showBalance(client, address)
  }
}

async function showBalance(client: WadiClient, address: string): Promise<void> {
  const start = performance.now()
  try {
    const { balance } = await client.query.bank.balance({ address, denom: 'awadi' }, { verify: true })
    const took = performance.now() - start
    say('balance', `${balance?.amount} ${balance?.denom}, proven in ${took.toFixed(1)} ms with the network`)
  } catch (error) {
    say('balance', (error as Error).message, true)
  }
}

async function showAssets(client: WadiClient, signal: AbortSignal): Promise<void> {
  for await (const { height, value } of client.subscribe.events(EventAssetRegistered, { signal }))
    list('assets', `block ${height}: ${value.slug} of ${value.creator}`)
}

function say(id: string, text: string, isBad = false): void {
  element(id).textContent = text
  element(id).className = isBad ? 'bad' : ''
}

/** Puts a line on top of a list. */
function list(id: string, text: string): void {
  const line = document.createElement('li')
  line.textContent = text
  element(id).prepend(line)
  element(id).children[SHOWN]?.remove()
}

// The status page: everything on it comes from the doors of the node, which the server names in the page.

import { byId, make } from '../../query/pages/base.js'
import { showAssets, showLineage } from './assets.js'
import { showBlocks, showMempool, showValidators } from './blocks.js'
import { giveCoins, showFaucet } from './faucet.js'
import { connect, disconnect } from './node.js'
import { doors, sleep } from './parts.js'
import { showTxs } from './txs.js'

const REFRESH_MS = 500
const SLOW_REFRESH_MS = 5_000

// Refreshing: never two at once, never more often than REFRESH_MS, not while nobody looks.

let refreshing = false
let again = false

async function refresh() {
  if (document.hidden) return
  if (refreshing) {
    again = true
    return
  }
  refreshing = true
  do {
    again = false
    const [fresh] = await Promise.allSettled([showBlocks(), showMempool()])
    await sleep(REFRESH_MS)
    // Not sooner: CometBFT tells of a block before its index has the transactions.
    if (fresh.value > 0) await Promise.allSettled([showTxs(), showAssets()])
  } while (again)
  refreshing = false
}

async function refreshAll() {
  await Promise.allSettled([showBlocks(), showTxs(), showAssets(), showFaucet()])
  await Promise.allSettled([showMempool(), showValidators()])
}

function onBlock({ height }) {
  byId('height').textContent = Number(height).toLocaleString()
  void refresh()
}

const link = (href, text) => (href === '' ? [] : [make('a', { href }, text), ' '])
byId('links').append(...link(doors.rest, 'REST API'), ...link(doors.rpc, 'RPC'))
byId('faucet').addEventListener('submit', (event) => void giveCoins(event))
window.addEventListener('hashchange', () => void showLineage())
document.addEventListener('visibilitychange', () => void refresh())
setInterval(() => {
  if (!document.hidden)
    void Promise.allSettled([showValidators(), showTxs(), showAssets(), showMempool(), showFaucet()])
}, SLOW_REFRESH_MS)
window.addEventListener('pagehide', disconnect)
// Where the browser kept the page as it was.
window.addEventListener('pageshow', ({ persisted }) => persisted && connect(refreshAll, onBlock))
connect(refreshAll, onBlock)

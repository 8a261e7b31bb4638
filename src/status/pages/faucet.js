// The faucet.

import { byId } from '../../query/pages/base.js'
import { coinText, doors, PATIENCE_MS, short } from './parts.js'

let gift

export async function showFaucet() {
  const answer = await fetch(`${doors.faucet}/status`, { signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!answer.ok) throw new Error(await answer.text())
  const { credits, availableTokens } = await answer.json()
  gift = credits[0]
  const empty = !availableTokens.includes(gift.denom)
  byId('gift').textContent = empty ? 'The faucet is empty.' : `${coinText(gift)} at a time.`
}

export async function giveCoins(event) {
  event.preventDefault()
  const button = document.querySelector('#faucet button')
  const address = byId('address').value.trim()
  const tell = (text, kind) => {
    byId('given').textContent = text
    byId('given').className = kind
  }
  button.disabled = true
  tell('Sending; this takes until the next block …', 'quiet')
  try {
    const answer = await fetch(`${doors.faucet}/credit`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ address, denom: gift?.denom ?? 'awadi' }),
    })
    if (answer.ok) tell(`Sent ${gift === undefined ? 'coins' : coinText(gift)} to ${short(address)}.`, 'good')
    else tell(await answer.text(), 'bad')
  } catch {
    tell(`The faucet at ${doors.faucet} does not answer.`, 'bad')
  }
  button.disabled = false
}

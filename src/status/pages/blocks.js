// Blocks, the mempool, the validators.

import { byId, make } from '../../query/pages/base.js'
import { ask } from './node.js'
import { draw, none, short } from './parts.js'

/** Blocks that the chart shows. */
const BLOCKS = 60
/** Blocks that CometBFT tells at a time, at most. */
const BLOCKS_A_CALL = 20
const VALIDATORS = 20
/** The chart ends at so many times the median. */
const CUT = 4

/** By height; at most BLOCKS and those of one call. */
const blocks = new Map()

/** Shows the newest blocks; resolves with how many transactions are in those that were not known. */
export async function showBlocks() {
  const first = await ask('blockchain', {})
  const last = Number(first.last_height)
  // Another chain, or the same one begun anew.
  if (blocks.size > 0 && last < Math.max(...blocks.keys())) blocks.clear()
  let fresh = keepBlocks(first.block_metas)
  for (let to = last - BLOCKS_A_CALL; to > 0 && to > last - BLOCKS && !blocks.has(to); to -= BLOCKS_A_CALL) {
    const from = Math.max(1, to - BLOCKS_A_CALL + 1)
    fresh += keepBlocks((await ask('blockchain', { minHeight: `${from}`, maxHeight: `${to}` })).block_metas)
  }
  for (const height of blocks.keys()) if (height < last - BLOCKS) blocks.delete(height)
  drawBlocks(last)
  return fresh
}

/** How many of the transactions in these blocks are new here. */
function keepBlocks(metas) {
  let fresh = 0
  for (const { header, num_txs } of metas) {
    const height = Number(header.height)
    if (!blocks.has(height)) fresh += Number(num_txs)
    blocks.set(height, {
      time: Date.parse(header.time),
      txs: Number(num_txs),
      proposer: header.proposer_address,
    })
  }
  return fresh
}

/** A duration for people. */
const seconds = (ms) => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`)

function drawBlocks(last) {
  byId('height').textContent = last.toLocaleString()
  const heights = [...blocks.keys()].sort((a, b) => a - b)
  const steps = heights
    .filter((height) => blocks.has(height - 1))
    .map((height) => ({
      height,
      ...blocks.get(height),
      ms: blocks.get(height).time - blocks.get(height - 1).time,
    }))
    .slice(-BLOCKS)
  if (steps.length === 0) return
  const sorted = steps.map(({ ms }) => ms).sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  byId('interval').replaceChildren(seconds(median), ' ', make('small', {}, 'median'))
  // One long pause must not flatten all the rest.
  const highest = sorted.at(-1)
  const top = Math.max(1, Math.min(highest, median * CUT))
  const [width, height, left, bottom] = [Math.max(260, byId('chart').clientWidth), 140, 56, 18]
  const step = (width - left) / BLOCKS
  const y = (ms) => 8 + (1 - Math.min(ms, top) / top) * (height - bottom - 8)
  const bars = steps.map(({ height: at, ms, txs }, i) => {
    const x = left + (BLOCKS - steps.length + i) * step
    const kind = `bar${txs > 0 ? ' full' : ''}${ms > top ? ' cut' : ''}`
    const shape = { class: kind, x: x + step * 0.1, width: step * 0.8 }
    const bar = draw('rect', { ...shape, y: y(ms), height: Math.max(1, height - bottom - y(ms)), rx: 1 })
    bar.append(draw('title', {}, `block ${at}: ${seconds(ms)}, ${txs} transactions`))
    return bar
  })
  const label = (text, x, at, anchor) => draw('text', { x, y: at, 'text-anchor': anchor }, text)
  const summary = `The last ${steps.length} blocks took ${seconds(sorted[0])} to ${seconds(highest)}, the median ${seconds(median)}.`
  byId('chart').replaceChildren(
    draw(
      'svg',
      { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': summary },
      draw('line', { class: 'axis', x1: left, x2: width, y1: height - bottom, y2: height - bottom }),
      label(`${highest > top ? '≥ ' : ''}${seconds(top)}`, left - 6, 16, 'end'),
      label('0', left - 6, height - bottom, 'end'),
      label(`${steps[0].height}`, left + (BLOCKS - steps.length) * step, height - 4, 'start'),
      label(`${steps.at(-1).height}`, width, height - 4, 'end'),
      ...bars,
    ),
  )
}

export async function showMempool() {
  const { total, total_bytes } = await ask('num_unconfirmed_txs', { limit: '1' })
  const kilobytes = (Number(total_bytes) / 1_000).toFixed(1)
  byId('mempool').replaceChildren(Number(total).toLocaleString(), ' ', make('small', {}, `${kilobytes} kB`))
}

export async function showValidators() {
  const { validators, total } = await ask('validators', { page: '1', per_page: `${VALIDATORS}` })
  byId('power').textContent = total
  const sum = validators.reduce((all, { voting_power }) => all + Number(voting_power), 0)
  const lastBlocks = [...blocks.values()].slice(-BLOCKS)
  const rows = validators.map(({ address, voting_power }) => {
    const proposed = lastBlocks.filter(({ proposer }) => proposer === address).length
    const share = `${voting_power} (${Math.round((Number(voting_power) / sum) * 100)} %)`
    const name = make('td', { className: 'mono', title: address }, short(address))
    return make('tr', {}, name, make('td', {}, share), make('td', { className: 'num' }, `${proposed}`))
  })
  const titles = ['Address', 'Power', `Of ${lastBlocks.length} blocks`].map((text) =>
    make('th', { scope: 'col' }, text),
  )
  const table = make('table', {}, make('thead', {}, make('tr', {}, ...titles)), make('tbody', {}, ...rows))
  byId('validators').replaceChildren(table)
  if (Number(total) > VALIDATORS) byId('validators').append(none(`and ${Number(total) - VALIDATORS} more`))
}

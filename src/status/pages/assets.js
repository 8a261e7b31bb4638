// Assets and their lineage.

import { byId, make } from '../../query/pages/base.js'
import { rest } from './node.js'
import { doors, draw, none, words } from './parts.js'

const ASSETS = 10
const RELATIVES = 6
/** Names of assets that are remembered. */
const NAMES = 200

const names = new Map()

function remember({ id, slug, kind }) {
  names.delete(id)
  names.set(id, { slug, kind })
  if (names.size > NAMES) names.delete(names.keys().next().value)
}

async function nameOf(id) {
  if (!names.has(id)) remember((await rest(`/wadi/asset/v1/assets/${id}`)).asset)
  return names.get(id)
}

let shownAssets = ''

export async function showAssets() {
  if (doors.rest === '') return byId('assets').replaceChildren(none('REST is off.'))
  const { assets } = await rest(`/wadi/asset/v1/assets?pagination.limit=${ASSETS}&pagination.reverse=true`)
  const text = JSON.stringify(assets)
  if (text === shownAssets) return
  shownAssets = text
  if (assets.length === 0) {
    byId('assets').replaceChildren(none('None yet. Register one: '), make('pre', { tabIndex: 0 }, EXAMPLE))
    return
  }
  for (const asset of assets) remember(asset)
  const items = assets.map(({ id, slug, kind, status, latest_version }) => {
    const about = `#${id} ${words(kind)}, version ${latest_version}, ${words(status)}`
    return make(
      'li',
      {},
      make('a', { href: `#asset-${id}-${latest_version}` }, slug, make('span', {}, about)),
    )
  })
  byId('assets').replaceChildren(make('ul', {}, ...items))
  await showLineage()
}

const EXAMPLE =
  'bin/wadi tx asset register-asset --path examples/model --kind MODEL --slug tiny-classifier --from dev0 -y'

/** The version that the address of the page names, else the newest asset's. */
function wantedVersion() {
  const asked = /^#asset-(\d+)-(\d+)$/.exec(location.hash)
  if (asked !== null) return [asked[1], asked[2]]
  return /^#asset-(\d+)-(\d+)$/.exec(document.querySelector('#assets a')?.hash ?? '')?.slice(1)
}

export async function showLineage() {
  const wanted = wantedVersion()
  if (wanted === undefined) return
  const [id, version] = wanted
  for (const link of document.querySelectorAll('#assets a')) {
    if (link.hash.startsWith(`#asset-${id}-`)) link.setAttribute('aria-current', 'true')
    else link.removeAttribute('aria-current')
  }
  const base = `/wadi/asset/v1/assets/${id}/versions/${version}`
  const page = `?pagination.limit=${RELATIVES}`
  let found
  try {
    const [{ slug, kind }, above, below] = await Promise.all([
      nameOf(id),
      rest(`${base}/parents${page}`),
      rest(`${base}/children${page}`),
    ])
    const named = (list) =>
      Promise.all(list.map(async (each) => ({ ...each, slug: (await nameOf(each.asset_id)).slug })))
    found = { slug, kind, parents: await named(above.parents), children: await named(below.children) }
    found.more = above.pagination.next_key !== null || below.pagination.next_key !== null
  } catch {
    byId('lineage').replaceChildren(none(`There is no version ${version} of asset ${id}.`))
    return
  }
  const title = make('h3', {}, `Lineage of ${found.slug}, version ${version}`)
  const link = make('a', { href: doors.rest + base }, 'as JSON')
  const about = [words(found.kind), found.more ? `only ${RELATIVES} on each side are shown` : '']
  const note = make('p', { className: 'quiet' }, `${about.filter(Boolean).join('; ')}, `, link)
  const drawing = make('div', { className: 'drawing', tabIndex: 0, role: 'group', 'aria-label': 'drawing' })
  drawing.append(lineage({ id, version, ...found }))
  byId('lineage').replaceChildren(title, drawing, note)
}

const NODE = { width: 142, height: 40, gap: 22 }

/** Parents on the left, children on the right; every box leads to its own lineage. */
function lineage({ id, version, slug, parents, children }) {
  const rows = Math.max(1, parents.length, children.length)
  const height = rows * (NODE.height + NODE.gap)
  const columns = { parent: 1, here: 229, child: 457 }
  const yOf = (index, count) => ((index + 0.5) * height) / count - NODE.height / 2
  const here = yOf(0, 1)
  const shapes = [node({ asset_id: id, version, slug }, columns.here, here, true)]
  for (const [i, parent] of parents.entries()) {
    const y = yOf(i, parents.length)
    const x = columns.parent + NODE.width
    shapes.push(edge(x, y, columns.here, here), relation(parent, x + 5, y, 'start'))
    shapes.push(node(parent, columns.parent, y))
  }
  for (const [i, child] of children.entries()) {
    const y = yOf(i, children.length)
    shapes.push(edge(columns.here + NODE.width, here, columns.child, y))
    shapes.push(relation(child, columns.child - 5, y, 'end'))
    shapes.push(node(child, columns.child, y))
  }
  const label = `${parents.length} parents on the left, ${children.length} children on the right`
  return draw('svg', { viewBox: `0 0 600 ${height}`, role: 'group', 'aria-label': label }, ...shapes)
}

function node({ asset_id, version, slug }, x, y, here = false) {
  const text = slug.length > 17 ? `${slug.slice(0, 16)}…` : slug
  const href = `#asset-${asset_id}-${version}`
  return draw(
    here ? 'g' : 'a',
    { class: here ? 'node here' : 'node', transform: `translate(${x} ${y})`, ...(here ? {} : { href }) },
    draw('title', {}, slug),
    draw('rect', { width: NODE.width, height: NODE.height, rx: 6 }),
    draw('text', { class: 'name', x: 9, y: 17 }, text),
    draw('text', { x: 9, y: 32 }, `#${asset_id} version ${version}`),
  )
}

function edge(x1, y1, x2, y2) {
  const [a, b] = [y1 + NODE.height / 2, y2 + NODE.height / 2]
  const middle = (x1 + x2) / 2
  return draw('path', { class: 'edge', d: `M${x1} ${a} C${middle} ${a} ${middle} ${b} ${x2} ${b}` })
}

/** What was taken, beside the box of the relative. */
function relation({ relation: name }, x, y, anchor) {
  const place = { x, y: y + NODE.height / 2 - 6, 'text-anchor': anchor }
  return draw('text', { class: 'relation', ...place }, words(name))
}

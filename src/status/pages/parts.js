// What the parts of the status page share: its settings, drawing, texts.

import { make } from '../../query/pages/base.js'

/** URLs of the doors of the node. */
export const doors = JSON.parse(document.querySelector('meta[name=settings]').content)

/** How long a door may take to answer. */
export const PATIENCE_MS = 10_000

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Makes an element of a drawing. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** The ends of a long text. */
export const short = (text) => (text.length > 20 ? `${text.slice(0, 10)}…${text.slice(-6)}` : text)
/** The value of an enumeration in words; other texts as they are. */
export const words = (name) =>
  /^[A-Z_]+$/.test(name)
    ? name
        .replace(/^[A-Z]+_(?:KIND|STATUS)_|^RELATION_/, '')
        .toLowerCase()
        .replaceAll('_', ' ')
    : name
export const none = (text) => make('p', { className: 'quiet none' }, text)

/** `1500000000000000000 awadi` as `1.5 WADI`. */
export function coinText({ denom, amount }) {
  if (denom !== 'awadi') return `${amount} ${denom}`
  const digits = amount.padStart(19, '0')
  const fraction = digits.slice(-18).replace(/0+$/, '')
  if (fraction.length > 6) return `${amount} awadi`
  return `${digits.slice(0, -18)}${fraction === '' ? '' : `.${fraction}`} WADI`
}

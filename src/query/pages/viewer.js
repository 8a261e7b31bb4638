// The API viewer: everything on it comes from /openapi.json of the same server.

import { byId, make } from './base.js'

/** `code` in a text. */
const inline = (text) =>
  text.split('`').map((part, i) => (i % 2 === 1 ? make('code', {}, part) : document.createTextNode(part)))

/** The paragraphs and lists of a comment. */
function prose(text = '') {
  return text.split(/\n\s*\n/).map((block) => {
    const lines = block.split('\n')
    if (!lines.every((line) => /^(- | {2})/.test(line))) return make('p', {}, ...inline(block))
    const items = block.split(/^- /m).filter((item) => item !== '')
    return make('ul', {}, ...items.map((item) => make('li', {}, ...inline(item))))
  })
}

const document_ = await (await fetch('/openapi.json')).json()

/** Follows references into the document. */
function resolved(value) {
  if (value?.$ref === undefined) return value
  const target = value.$ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at[key], document_)
  return { ...target, ...value, $ref: undefined, refName: value.$ref.split('/').at(-1) }
}

const operations = Object.entries(document_.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([verb, operation]) => ({ path, verb: verb.toUpperCase(), ...operation })),
)
const methodName = ({ operationId }) => operationId.replace(/^.*_(?=[A-Za-z])/, '')

// Left: services, methods, search.

function listServices() {
  const services = document_.tags.map(({ name, description }) => {
    const own = operations.filter((operation) => operation.tags.includes(name))
    const items = own.map((operation) => {
      const label = make('a', { href: `#${operation.operationId}` }, methodName(operation))
      label.append(make('span', {}, operation.summary))
      const words = `${name} ${operation.path} ${operation.operationId} ${operation.summary} ${operation.description ?? ''}`
      return { element: make('li', {}, label), words: words.toLowerCase() }
    })
    const title = make('summary', { title: description ?? '' }, name.replace(/\.(Query|Service)$/, ''))
    const element = make(
      'details',
      { open: true },
      title,
      make('ul', {}, ...items.map((item) => item.element)),
    )
    return { element, items }
  })
  byId('services').append(...services.map(({ element }) => element))
  return services
}

function search(services) {
  const wanted = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean)
  let shown = 0
  for (const { element, items } of services) {
    for (const item of items) item.element.hidden = !wanted.every((word) => item.words.includes(word))
    const left = items.filter((item) => !item.element.hidden).length
    element.hidden = left === 0
    if (wanted.length > 0) element.open = true
    shown += left
  }
  byId('found').textContent = `${shown} of ${operations.length} methods`
}

// Right: one method.

function typeOf(schema) {
  const full = resolved(schema)
  if (full.anyOf !== undefined) return [...new Set(full.anyOf.map(typeOf))].filter(Boolean).join(' or ')
  if (full.refName !== undefined) return full.refName
  if (full.type === 'array') return `list of ${typeOf(full.items)}`
  if (full.contentEncoding === 'base64') return 'bytes, base64'
  const type = [full.type]
    .flat()
    .filter((name) => name !== 'null')
    .join(' or ')
  return full.format === undefined ? type : full.format
}

/** The control for a parameter, and how to read the values it holds. */
function control(parameter) {
  const schema = resolved(parameter.schema)
  const id = `p-${parameter.name}`
  const required = parameter.required === true
  const options = schema.type === 'boolean' ? ['true', 'false'] : schema.enum
  if (options !== undefined) {
    const element = make('select', { id, required }, make('option', { value: '' }, ''))
    element.append(...options.map((value) => make('option', {}, value)))
    return { element, values: () => (element.value === '' ? [] : [element.value]) }
  }
  if (schema.type === 'array') {
    const element = make('textarea', { id, rows: 2, placeholder: 'one a line' })
    return { element, values: () => element.value.split('\n').filter((line) => line !== '') }
  }
  const element = make('input', { id, required, autocomplete: 'off', spellcheck: false })
  if (schema.pattern !== undefined) element.pattern = schema.pattern.slice(1, -1)
  return { element, values: () => (element.value === '' ? [] : [element.value]) }
}

function field(parameter) {
  const { element, values } = control(parameter)
  const name = make('span', { className: parameter.deprecated ? 'old' : '' }, parameter.name)
  const mark = parameter.required ? make('span', { className: 'must', title: 'required' }, ' *') : undefined
  const type = make('span', { className: 'type' }, typeOf(parameter.schema))
  const label = make('label', { htmlFor: element.id }, name, mark, type)
  const note = make('div', { className: 'note' }, ...inline(parameter.description ?? ''))
  return { parameter, values, element, row: make('div', { className: 'field' }, label, element, note) }
}

/** The parameters of a method alone, and folded up below them those that many have. */
function fieldList(fields) {
  const isCommon = ({ parameter }) => parameter.in === 'header' || parameter.name.startsWith('pagination.')
  const rows = (some) => make('div', { className: 'fields' }, ...some.map(({ row }) => row))
  const common = fields.filter(isCommon)
  const own = rows(fields.filter((each) => !isCommon(each)))
  if (common.length === 0) return [own]
  const title = common.length === 1 ? 'Height' : 'Page and height'
  return [own, make('details', { className: 'more' }, make('summary', {}, title), rows(common))]
}

/** What a body may look like; messages inside themselves end. */
function example(schema, depth = 0) {
  const full = resolved(schema)
  if (full.anyOf !== undefined) return depth > 3 ? null : example(full.anyOf[0], depth)
  if (full.type === 'array') return depth > 3 ? [] : [example(full.items, depth + 1)]
  if (full.enum !== undefined) return full.examples[0]
  if (full.type === 'boolean') return false
  if (full.type === 'integer') return 0
  if (full.properties === undefined) return ['int64', 'uint64'].includes(full.format) ? '0' : ''
  if (full.refName === 'google.protobuf.Any') return { '@type': '' }
  const usual = Object.entries(full.properties).filter(([, property]) => !property.deprecated)
  return Object.fromEntries(usual.map(([key, property]) => [key, example(property, depth + 1)]))
}

/** A message as a list of its fields, each opened when it is asked for. */
function fieldsOf(schema) {
  const full = resolved(schema)
  if (full.anyOf !== undefined) return fieldsOf(full.anyOf[0])
  if (full.type === 'array') return fieldsOf(full.items)
  if (full.properties === undefined) return undefined
  const rows = Object.entries(full.properties).map(([name, property]) => {
    const title = [make('code', {}, name), make('span', { className: 'quiet' }, ` ${typeOf(property)} `)]
    const text = inline(resolved(property).description ?? '')
    if (fieldsOf.leaf(property)) return make('li', {}, ...title, ...text)
    const more = make('details', {}, make('summary', {}, ...title, ...text))
    more.addEventListener('toggle', () => more.append(fieldsOf(property)), { once: true })
    return make('li', {}, more)
  })
  return make('ul', { className: 'schema' }, ...rows)
}
fieldsOf.leaf = (schema) => {
  const full = resolved(schema)
  if (full.anyOf !== undefined) return fieldsOf.leaf(full.anyOf[0])
  return full.type === 'array' ? fieldsOf.leaf(full.items) : full.properties === undefined
}

/** The request that the form describes. */
function requestOf(operation, fields, body) {
  let { path } = operation
  const query = []
  const headers = {}
  for (const { parameter, values } of fields) {
    for (const value of values()) {
      if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, encodeURIComponent(value))
      else if (parameter.in === 'header') headers[parameter.name] = value
      else query.push(`${encodeURIComponent(parameter.name)}=${encodeURIComponent(value)}`)
    }
  }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const url = query.length === 0 ? path : `${path}?${query.join('&')}`
  return { url, method: operation.verb, headers, ...(body === undefined ? {} : { body: body.value }) }
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`

function curlOf({ url, method, headers, body }) {
  const words = ['curl']
  if (method !== 'GET') words.push('-X', method)
  for (const [name, value] of Object.entries(headers)) words.push('-H', quoted(`${name}: ${value}`))
  if (body !== undefined) words.push('-d', quoted(body))
  return [...words, quoted(location.origin + url)].join(' ')
}

async function call({ url, ...request }) {
  const start = performance.now()
  try {
    const response = await fetch(url, request)
    const text = await response.text()
    const height = response.headers.get('x-cosmos-block-height')
    const parts = [`${response.status} ${response.statusText}`, `${Math.round(performance.now() - start)} ms`]
    if (height !== null) parts.push(`at height ${height}`)
    return { ok: response.ok, status: parts.join(' · '), json: JSON.parse(text) }
  } catch (error) {
    return { ok: false, status: `no answer: ${error.message}`, json: undefined }
  }
}

function copyButton(textOf) {
  const button = make('button', { type: 'button' }, 'Copy')
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(textOf())
      button.textContent = 'Copied'
    } catch {
      button.textContent = 'Not allowed'
    }
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 1500)
  })
  return button
}

/** The form of a method and what came of it. */
function form(operation) {
  const fields = operation.parameters.map((parameter) => field(resolved(parameter)))
  const schema = operation.requestBody?.content['application/json'].schema
  const body =
    schema === undefined
      ? undefined
      : make('textarea', { rows: 10, ariaLabel: 'Body', value: JSON.stringify(example(schema), null, 2) })
  const curl = make('pre', {})
  const status = make('p', { className: 'quiet', ariaLive: 'polite' })
  const answer = make('pre', { tabIndex: 0, hidden: true, ariaLabel: 'Answer' })
  const send = make('button', { className: 'main' }, 'Try')
  const next = make('button', { type: 'button', hidden: true }, 'Next page')
  const element = make('form', {}, ...fieldList(fields))
  if (body !== undefined) element.append(make('h3', {}, 'Body'), body)
  element.append(make('div', { className: 'actions' }, send, next), status, answer)
  const copy = copyButton(() => curl.textContent)
  element.append(make('h3', {}, 'In a shell'), make('div', { className: 'curl' }, curl, copy))

  const show = () => {
    curl.textContent = curlOf(requestOf(operation, fields, body))
  }
  const run = async () => {
    send.disabled = true
    status.textContent = 'asking …'
    const result = await call(requestOf(operation, fields, body))
    send.disabled = false
    status.textContent = result.status
    status.className = result.ok ? 'quiet' : 'bad'
    answer.hidden = result.json === undefined
    answer.textContent = JSON.stringify(result.json, null, 2)
    status.scrollIntoView({ block: 'nearest' })
    const key = result.json?.pagination?.next_key
    next.hidden = typeof key !== 'string'
    next.onclick = () => {
      for (const { parameter, element: input } of fields) {
        if (parameter.name === 'pagination.key') input.value = key
        if (parameter.name === 'pagination.offset') input.value = ''
      }
      show()
      void run()
    }
  }
  element.addEventListener('input', show)
  element.addEventListener('submit', (event) => {
    event.preventDefault()
    void run()
  })
  show()
  return element
}

function open() {
  const id = decodeURIComponent(location.hash.slice(1))
  const operation = operations.find(({ operationId }) => operationId === id)
  for (const link of document.querySelectorAll('nav a')) {
    if (operation !== undefined && link.hash === `#${id}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  const main = byId('method')
  if (operation === undefined) {
    if (id !== 'method')
      main.replaceChildren(make('h2', {}, document_.info.title), ...prose(document_.info.description))
    return
  }
  const answer = operation.responses['200'].content['application/json'].schema
  const path = make(
    'p',
    { className: 'path' },
    make('span', { className: 'verb' }, operation.verb),
    operation.path,
  )
  const more = [...prose(operation.description ?? `${operation.summary}.`), form(operation)]
  const service = make('p', { className: 'quiet' }, operation.tags[0])
  main.replaceChildren(service, make('h2', {}, methodName(operation)), path, ...more)
  const fields = fieldsOf(answer)
  if (fields !== undefined) main.append(make('h3', {}, `Answer: ${typeOf(answer)}`), fields)
  document.title = `${methodName(operation)} – ${document_.info.title}`
  main.scrollTop = 0
}

const services = listServices()
byId('title').textContent = `${document_.info.title} ${document_.info.version}`
byId('search').addEventListener('input', () => search(services))
document.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)
  if (event.key === '/' && !typing) {
    event.preventDefault()
    byId('search').focus()
  }
  if (event.key === 'Enter' && event.target === byId('search'))
    document.querySelector('#services li:not([hidden]) a')?.click()
})
window.addEventListener('hashchange', () => {
  open()
  byId('method').focus()
})
search(services)
open()

const status = await call({ url: '/cosmos/base/tendermint/v1beta1/node_info' })
const latest = await call({ url: '/cosmos/base/node/v1beta1/status' })
if (status.ok && latest.ok)
  byId('node').textContent = `${status.json.default_node_info.network}, height ${latest.json.height}`

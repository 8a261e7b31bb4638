import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** The pages of this folder, and what all have in common. */
export const PAGES = new URL('./pages/', import.meta.url)

/** A page of one answer, and the headers that it needs. */
export interface InlinePage {
  readonly text: string
  readonly headers: readonly string[]
}

/**
 * `<name>.html` of a folder with its style, after that of all pages, and its script, with what that imports. They are
 * let in by their hashes, and nothing else is.
 *
 * @param connect what the script may fetch from, as Content-Security-Policy says it
 * @param settings what the script reads from `<meta name="settings">`, if anything
 */
export function inlinePage(
  folder: URL,
  name: string,
  connect: readonly string[],
  settings?: unknown,
): InlinePage {
  const read = (extension: string) => readFileSync(new URL(`${name}.${extension}`, folder), 'utf8')
  const style = readFileSync(new URL('base.css', PAGES), 'utf8') + read('css')
  const script = joinedScript(new URL(`${name}.js`, folder))
  const text = read('html')
    .replace(
      '<!-- settings -->',
      () => `<meta name="settings" content="${escaped(JSON.stringify(settings))}">`,
    )
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script type="module">${script}</script>`)
  const policy = [
    "default-src 'none'",
    `connect-src ${connect.join(' ')}`,
    // The empty icon, so that a browser asks for none.
    'img-src data:',
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  const headers = [
    ...['content-security-policy', policy.join('; ')],
    ...['x-content-type-options', 'nosniff', 'referrer-policy', 'no-referrer'],
  ]
  return { text, headers }
}

/**
 * A script and what it imports as one, in which every name is known: each file once, before the ones that import it.
 * Knows the one form of import that our pages use.
 */
function joinedScript(file: URL, seen = new Set<string>()): string {
  if (seen.has(file.href)) return ''
  seen.add(file.href)
  let before = ''
  const own = readFileSync(file, 'utf8').replace(
    /^import \{[^}]*\} from '(\.[^']+)'\n/gm,
    (_, from: string) => {
      before += joinedScript(new URL(from, file), seen)
      return ''
    },
  )
  return `${before}${own.replaceAll(/^export /gm, '')}\n`
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')

/** As Content-Security-Policy names what stands in a page. */
const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`

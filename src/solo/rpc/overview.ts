import type { Methods } from './method.ts'

/** The page that a browser gets: what there is to call, as CometBFT lists it. */
export function listOfEndpoints(methods: Methods, host: string): string {
  const isByUrl = (name: string) => methods.get(name)?.development !== true
  const all = [...methods.keys()].sort()
  const names = all.filter(isByUrl)
  const others = all.filter((name) => !isByUrl(name))
  const linkTo = (path: string) => `<a href="//${escape(host)}/${path}">//${escape(host)}/${path}</a></br>`
  const hasArguments = (name: string) => Object.keys(methods.get(name)?.signature ?? {}).length > 0
  const withArguments = (name: string) =>
    linkTo(
      `${name}?${Object.keys(methods.get(name)?.signature ?? {})
        .map((each) => `${each}=_`)
        .join('&amp;')}`,
    )
  return [
    '<html><body><br>Available endpoints:<br>',
    ...names.filter((name) => !hasArguments(name)).map(linkTo),
    '<br>Endpoints that require arguments:<br>',
    ...names.filter(hasArguments).map(withArguments),
    others.length === 0 ? '' : '<br>Methods for development, by POST of JSON-RPC or over a WebSocket:<br>',
    ...others.map((name) => `${escape(name)}</br>`),
    '</body></html>',
  ].join('')
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

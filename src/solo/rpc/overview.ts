import type { Methods } from './method.ts'

/** The page that a browser gets: what there is to call, as CometBFT lists it. */
export function listOfEndpoints(methods: Methods, host: string): string {
  const names = [...methods.keys()].sort()
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
    '</body></html>',
  ].join('')
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { commentsOf } from '#lib/comments.ts'
import { inlinePage, PAGES } from './inline-page.ts'
import { keplrChainInfo } from './keplr.ts'
import { openApiDocument } from './openapi.ts'
import { type RestPage, sendJson } from './rest-answer.ts'
import { RestDocument } from './rest-document.ts'
import { NODE_SERVICES } from './services/names.ts'

export interface RestPagesOptions {
  /** Name of the chain. */
  readonly name: string
  readonly software: string
  /** Full names of the services that are served. */
  readonly services: readonly string[]
  readonly minGasPrices: string
  /** CometBFT's RPC as this node reaches it. */
  readonly rpcUrl: string
  /** Id of the chain; throws before its first block. */
  readonly chainId: () => string
}

/** What REST serves beside methods, by path: the API's description, a page to read it with, and a wallet's settings. */
export function restPages(options: RestPagesOptions): ReadonlyMap<string, RestPage> {
  return new Map<string, RestPage>([
    ['/', new RestDocument('text/html; charset=utf-8', viewerPage)],
    ['/openapi.json', new RestDocument('application/json', () => ({ text: openApiJson(options) }))],
    ['/keplr/chain-info.json', keplrPage(options)],
  ])
}

/** The OpenAPI document as text. */
export function openApiJson({
  name,
  software,
  services,
}: Pick<RestPagesOptions, 'name' | 'software' | 'services'>): string {
  const comments = commentsOf(readFileSync(new URL('../gen/image.binpb', import.meta.url)))
  const explain = (fullName: string) => comments.get(fullName)
  const options = { name: titled(name), version: software, services, nodeServices: NODE_SERVICES, explain }
  return JSON.stringify(openApiDocument(options))
}

const titled = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1)

const viewerPage = () => inlinePage(PAGES, 'viewer', ["'self'"])

/** Keplr's settings for this chain, with the node under the name by which it was asked. */
function keplrPage({ minGasPrices, rpcUrl, chainId }: RestPagesOptions): RestPage {
  return {
    serve(request, response, headers) {
      const rest = askedUrl(request)
      // Told to another as well, it would name a host that only the first knows.
      const own = ['cache-control', 'no-store', ...headers]
      const options = { chainId: chainId(), rest, rpc: siblingUrl(rest, rpcUrl), minGasPrices }
      sendJson(response, 200, JSON.stringify(keplrChainInfo(options)), own)
    },
  }
}

/** The URL under which a client reached this server; a proxy in front says by which protocol. */
function askedUrl({ headers, socket }: IncomingMessage): string {
  const host = headers.host ?? ''
  const plain = /^(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(host)
  const protocol = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'
  return `${protocol}://${plain ? host : `${socket.localAddress}:${socket.localPort}`}`
}

/** The same host at the port of another server. */
function siblingUrl(url: string, other: string): string {
  const { protocol, hostname } = new URL(url)
  return `${protocol}//${hostname}:${new URL(other).port}`
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { write } from './package-kit.ts'

/** A bundle as a dapp ships it, minified. */
export interface Bundle {
  readonly code: string
  /** After gzip at its best, as servers keep it. */
  readonly gzipKb: number
}

/** Bundles an entry for browsers, in a project that has the package; packages of `external` are left out. */
export async function bundle(
  project: string,
  name: string,
  entry: string,
  external: readonly string[] = [],
): Promise<Bundle> {
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: [write(project, `${name}.js`, entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: [...external],
    logLevel: 'error',
    write: false,
  })
  const code = outputFiles[0]?.text ?? ''
  return { code, gzipKb: gzipSync(code, { level: 9 }).length / 1000 }
}

/** A page with a script, served from a port of its own: another origin than that of any node. */
export async function servePage(script: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(({ url }, response) => {
    const [type, body] = url === '/page.js' ? ['text/javascript', script] : ['text/html', page]
    response.writeHead(url === '/favicon.ico' ? 204 : 200, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const page =
  '<!doctype html><meta charset="utf-8"><title>A dapp</title><script type="module" src="/page.js"></script>'

/**
 * Bundles the page and serves it: `npx node examples/browser/serve.ts [port]`, then open the address that it prints.
 * The node has to allow pages of other origins, as a devnet does.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = fileURLToPath(new URL('.', import.meta.url))
const { outputFiles } = await build({
  entryPoints: [`${folder}main.ts`],
  bundle: true,
  format: 'esm',
  minify: true,
  write: false,
  target: 'es2022',
})
const [script] = outputFiles
const server = createServer((request, response) => {
  const isScript = request.url === '/main.js'
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
  response.end(isScript ? script?.contents : readFileSync(`${folder}index.html`))
})
server.listen(Number(process.argv[2] ?? 8081), '127.0.0.1', () => {
  console.log(`open http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close()
    server.closeAllConnections()
  })
}

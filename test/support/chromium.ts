import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as launcher } from 'playwright-core'

const START_MS = 60_000
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/**
 * A headless Chromium: `$CHROMIUM`, else one in PATH, else the one that an npm package carries. Where none starts, the
 * reason, for `context.skip`.
 */
export async function openChromium(): Promise<Browser | { readonly reason: string }> {
  try {
    return await launcher.launch({ ...(await program()), headless: true, timeout: START_MS })
  } catch (error) {
    return { reason: `no Chromium starts: ${error instanceof Error ? error.message : error}` }
  }
}

async function program(): Promise<{ executablePath: string; args: string[] }> {
  // As root, which tests in containers are, Chromium refuses its sandbox.
  const args = ['--no-sandbox']
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  const found = process.env['CHROMIUM'] ?? paths.find((path) => existsSync(path))
  if (found !== undefined) return { executablePath: found, args }
  return { executablePath: await chromium.executablePath(), args: [...chromium.args, ...args] }
}

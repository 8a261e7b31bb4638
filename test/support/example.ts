import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const LONGEST_MS = 120_000

/** An example that runs as a user runs it. */
export interface RunningExample {
  /** Resolves with the first line that has a text in it, once it is printed. */
  said(text: string): Promise<string>
  /** All that it printed, once it has ended well. */
  readonly ended: Promise<string>
  /** Ends it as Ctrl-C does. */
  stop(): void
}

/** @param name as `node/send.ts`, below `examples` */
export function startExample(name: string, args: readonly string[], rpc: string): RunningExample {
  const env = { ...process.env, WADI_RPC: rpc }
  const child = spawn(process.execPath, [`examples/${name}`, ...args], {
    cwd: root,
    env,
    timeout: LONGEST_MS,
  })
  let printed = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(printed)
      else reject(new Error(`${name} ended with ${code}: ${errors}`))
    })
  })
  ended.catch(() => undefined)
  const said = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const line = printed.split('\n').find((each) => each.includes(text))
        if (line !== undefined) resolve(line)
      }
      child.stdout.on('data', look)
      ended.then(() => reject(new Error(`${name} ended without saying ${text}: ${printed}`)), reject)
      look()
    })
  return { said, ended, stop: () => void child.kill('SIGINT') }
}

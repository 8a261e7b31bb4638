import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { MultiStore } from '../src/store/multistore.ts'

const usage = 'usage: npm run soak [-- --blocks 100000 --keys 10000 --updates 50]'

/**
 * Memory must stay flat: 50 updates a block over 10,000 keys for 100,000 blocks. Every twentieth update removes
 * its key. Prints memory ten times; resolves to the exit code: 1 if the arena has more segments at the end than
 * after the first
 * tenth.
 */
export function soak(args: readonly string[]): number {
  const options = readOptions(args)
  if (options === undefined) {
    console.log(usage)
    return 2
  }
  const { blocks, keys: keyCount, updates } = options
  const pool = Array.from({ length: keyCount }, () => randomBytes(21).toString('latin1')).sort(byBytes)
  const store = new MultiStore(['soak'])
  store.prepare(1, [{ keys: pool, values: pool.map(() => randomBytes(40)) }])
  store.publish()

  let early = 0
  console.log('blocks     segments  nodes in use  block bytes  rss MB')
  for (let block = 2; block <= blocks; block++) {
    const picked = Array.from({ length: updates }, () => pool[Math.floor(Math.random() * keyCount)] as string)
    const keys = [...new Set(picked)].sort(byBytes)
    const values = keys.map(() =>
      Math.random() < 0.05 ? undefined : randomBytes(Math.floor(Math.random() * 90)),
    )
    store.prepare(block, [{ keys, values }])
    store.publish()
    if (block % Math.ceil(blocks / 10) !== 0 && block !== blocks) continue
    early ||= store.memory.segments
    printMemory(block, store)
  }
  if (store.memory.segments <= early) return 0
  console.error(`memory grew from ${early} to ${store.memory.segments} segments of 16 MiB`)
  return 1
}

function readOptions(args: readonly string[]): { blocks: number; keys: number; updates: number } | undefined {
  try {
    const options = { blocks: text('100000'), keys: text('10000'), updates: text('50') }
    const { values } = parseArgs({ args: [...args], options })
    const read = { blocks: Number(values.blocks), keys: Number(values.keys), updates: Number(values.updates) }
    return Object.values(read).every((value) => Number.isSafeInteger(value) && value > 0) ? read : undefined
  } catch {
    return undefined
  }
}

function text(value: string): { type: 'string'; default: string } {
  return { type: 'string', default: value }
}

function printMemory(block: number, { memory, allocator }: MultiStore): void {
  const { nodesInUse, blockBytesInUse } = allocator
  const rss = Math.round(process.memoryUsage().rss / 1e6)
  console.log(
    `${String(block).padEnd(11)}${String(memory.segments).padEnd(10)}` +
      `${String(nodesInUse).padEnd(14)}${String(blockBytesInUse).padEnd(13)}${rss}`,
  )
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

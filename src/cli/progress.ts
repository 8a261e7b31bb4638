import cliProgress from 'cli-progress'

/** A bar that grows on a terminal, and nothing anywhere else. */
export interface Progress {
  add(amount: number): void
  stop(): void
}

/** What takes less is over before anybody reads a bar. */
const QUIET_BELOW = { bytes: 64 * 1024 * 1024, rows: 50_000, signatures: 500, blocks: 5_000 }

/** Starts a bar of `total` units on `stderr`. */
export function startProgress(
  stderr: NodeJS.WriteStream,
  title: string,
  total: number,
  unit: keyof typeof QUIET_BELOW,
): Progress {
  if (!stderr.isTTY || total < QUIET_BELOW[unit]) return { add: () => {}, stop: () => {} }
  const scale = unit === 'bytes' ? 1024 * 1024 : 1
  const label = unit === 'bytes' ? 'MiB' : ''
  const bar = new cliProgress.SingleBar({
    stream: stderr,
    clearOnComplete: true,
    hideCursor: true,
    etaBuffer: 50,
    format: `${title} {bar} {percentage} % {value}/{total} ${label} {eta_formatted}`,
  })
  bar.start(Math.ceil(total / scale), 0)
  let done = 0
  return {
    add(amount) {
      done += amount
      bar.update(Math.floor(done / scale))
    },
    stop: () => bar.stop(),
  }
}

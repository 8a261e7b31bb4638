import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'

/** What the system says of a process. */
export interface ProcessReading {
  readonly cpuSeconds: number
  readonly rssMegabytes: number
  readonly peakMegabytes: number
}

/** Reads /proc, so it works on Linux only; elsewhere all is 0. */
export function readProcess(pid: number): ProcessReading {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // After the name, which may hold spaces: state is field 0, user and system time in 1/100 s are 11 and 12.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kilobytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0)
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
      rssMegabytes: Math.round(kilobytes('VmRSS') / 1024),
      peakMegabytes: Math.round(kilobytes('VmHWM') / 1024),
    }
  } catch {
    return { cpuSeconds: 0, rssMegabytes: 0, peakMegabytes: 0 }
  }
}

/** The machine, as a table of figures has to name it. */
export function describeMachine(): Record<string, string | number> {
  const list = cpus()
  return {
    cpu: list[0]?.model ?? 'unknown',
    cores: list.length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
  }
}

/** Processes that wanted to run in the last minute: above the number of cores the figures are too low. */
export const loadAverage = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100

export function quantile(sorted: readonly number[], part: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[middle]]
  return ((low ?? 0) + (high ?? 0)) / 2
}

export const rounded = (value: number, digits = 0): number => Math.round(value * 10 ** digits) / 10 ** digits

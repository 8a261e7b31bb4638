import { expect, test } from 'vitest'
import { keptHeights, type Pruning, pruningProblem, storageFor } from './pruning.ts'

const mode = (mode: Pruning['mode'], keepRecent = 0, interval = 0): Pruning => ({
  mode,
  keepRecent,
  interval,
})

test.each([
  [mode('default'), { historyVersions: 100 }, { keepRecent: 100, interval: 1 }],
  [mode('everything'), { historyVersions: 10 }, { keepRecent: 10, interval: 1 }],
  [
    mode('nothing'),
    { historyVersions: 100, history: { keepRecent: Number.POSITIVE_INFINITY } },
    { keepRecent: 0, interval: 0 },
  ],
  // Up to a hundred heights memory does it alone.
  [mode('custom', 100, 10), { historyVersions: 100 }, { keepRecent: 100, interval: 10 }],
  [
    mode('custom', 101, 20),
    { historyVersions: 100, history: { keepRecent: 101, interval: 20 } },
    { keepRecent: 101, interval: 20 },
  ],
])('%o is kept by memory, and behind it by the disk', (pruning, storage, told) => {
  expect(pruningProblem(pruning)).toBe(undefined)
  expect(storageFor(pruning)).toEqual(storage)
  expect(keptHeights(pruning)).toEqual(told)
})

test.each([
  [mode('custom', 9, 10), 'pruning-keep-recent 9 is too little for pruning = "custom": at least 10'],
  [mode('custom', 100, 9), 'pruning-interval 9 is too little for pruning = "custom": at least 10'],
  [
    mode('nothing', 5, 0),
    'pruning-keep-recent 5 and pruning-interval 0 go with pruning = "custom", not with "nothing"',
  ],
  [
    mode('default', 0, 10),
    'pruning-keep-recent 0 and pruning-interval 10 go with pruning = "custom", not with "default"',
  ],
])('%o is refused with what would do', (pruning, problem) => {
  expect(pruningProblem(pruning)).toBe(problem)
})

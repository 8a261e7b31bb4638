import { expect, test } from 'vitest'
import { complaints, type Vitals } from './health.ts'

const well: Vitals = {
  open: true,
  halted: undefined,
  queryWorker: true,
  connections: 4,
  height: 7,
  idleSeconds: 60,
  behindSeconds: 60,
}

test.each<[string, Partial<Vitals>, readonly string[]]>([
  ['all is well', {}, []],
  ['no block came since the start', { behindSeconds: undefined }, []],
  ['it starts', { open: false, connections: 0, queryWorker: false }, ['starting: the state is being opened']],
  ['it halted', { halted: 'disk full', connections: 0 }, ['halted: disk full']],
  ['CometBFT is away', { connections: 0 }, ['CometBFT is away: it has no connection to the application']],
  ['the worker is away', { queryWorker: false }, ['queries are not answered: the query worker starts']],
  ['no block comes', { idleSeconds: 61 }, ['stalled: no block was committed for 61 s']],
  [
    'it stands still, so it is behind too',
    { idleSeconds: 61, behindSeconds: 61 },
    ['stalled: no block was committed for 61 s'],
  ],
  ['the last block came a while ago', { idleSeconds: 59, behindSeconds: 62 }, []],
  [
    'it catches up',
    { idleSeconds: 0, behindSeconds: 3_600 },
    ['behind: the last block is 3600 s old, and blocks come in'],
  ],
  [
    'two things are wrong',
    { queryWorker: false, connections: 0 },
    [
      'CometBFT is away: it has no connection to the application',
      'queries are not answered: the query worker starts',
    ],
  ],
])('when %s, that is what it says', (_, change, expected) => {
  expect(complaints({ ...well, ...change }, 60)).toEqual(expected)
})

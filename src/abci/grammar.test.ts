import { describe, expect, it } from 'vitest'
import { checkTrace, parseTrace } from './grammar.ts'
import type { MethodName } from './methods.ts'
import type { TraceLine } from './trace.ts'

/**
 * Builds a trace from words: `info=H` (with reply), `init=H`, `prepare=H`, `process=H:hash`, `extend=H`, `verify=H`,
 * `final=H:hash`, `commit`, `commit?` (asked, not answered), `check`, `start`, `close`, `conn=N`.
 */
function trace(words: string): TraceLine[] {
  const lines: TraceLine[] = []
  let consensus = 2
  const add = (line: Omit<TraceLine, 'seq'>) => lines.push({ seq: lines.length, ...line })
  const call = (
    conn: number,
    method: MethodName,
    fields: Partial<TraceLine> = {},
    reply: Partial<TraceLine> = {},
  ) => {
    add({ dir: 'in', conn, method, ...fields })
    add({ dir: 'out', conn, method, ...reply })
  }
  const block: Record<string, MethodName> = {
    prepare: 'PrepareProposal',
    process: 'ProcessProposal',
    extend: 'ExtendVote',
    verify: 'VerifyVoteExtension',
    final: 'FinalizeBlock',
    init: 'InitChain',
  }
  for (const word of words.split(' ')) {
    const [name = '', value = ''] = word.split('=')
    const [height, hash] = value.split(':')
    const method = block[name]
    if (name === 'start') add({ dir: 'start' })
    else if (name === 'close') add({ dir: 'close', conn: consensus })
    else if (name === 'conn') consensus = Number(value)
    else if (name === 'info') call(1, 'Info', {}, { height: Number(value) })
    else if (name === 'check') call(3, 'CheckTx')
    else if (name === 'commit') call(consensus, 'Commit')
    else if (name === 'commit?') add({ dir: 'in', conn: consensus, method: 'Commit' })
    else if (method === undefined) expect.fail(`word ${word}`)
    else call(consensus, method, { height: Number(height), ...(hash === undefined ? {} : { hash }) })
  }
  return lines
}

describe('a good trace', () => {
  it.each([
    [
      'a clean start',
      'start info=0 init=1 prepare=1 process=1:a final=1:a commit process=2:b final=2:b commit',
      [1, 2],
    ],
    ['an initial height above 1', 'start info=0 init=1000 process=1000:a final=1000:a commit', [1000]],
    [
      'several rounds',
      'start info=0 init=1 process=1:a process=1:b prepare=1 process=1:c final=1:b commit',
      [1],
    ],
    ['vote extensions', 'start info=4 process=5:a extend=5 verify=5 verify=5 final=5:a commit', [5]],
    [
      'CheckTx and Info between FinalizeBlock and Commit',
      'start info=4 process=5:a final=5:a check info=4 commit',
      [5],
    ],
    ['a recovery', 'start info=7 final=8:x commit process=9:y final=9:y commit', [8, 9]],
    [
      'a kill between FinalizeBlock and Commit',
      'start info=1 process=2:a final=2:a start info=1 final=2:a commit',
      [2],
    ],
    [
      'a kill in Commit that counted',
      'start info=1 process=2:a final=2:a commit? start info=2 process=3:b',
      [2],
    ],
    [
      'a kill in Commit that did not',
      'start info=1 process=2:a final=2:a commit? start info=1 final=2:a commit',
      [2],
    ],
    [
      'a kill in the first Commit',
      'start info=0 init=5 final=5:a commit? start info=5 final=6:b commit',
      [5, 6],
    ],
    [
      'a second InitChain after a crash before block 1',
      'start info=0 init=1 start info=0 init=1 final=1:a commit',
      [1],
    ],
    [
      'a reconnect',
      'start info=0 init=1 process=1:a final=1:a close conn=5 info=0 init=1 final=1:a commit',
      [1],
    ],
    [
      'a reconnect whose end is read late',
      'start info=3 process=4:a final=4:a conn=9 info=3 final=4:a commit',
      [4],
    ],
  ])('%s', (_, words, committed) => {
    const report = checkTrace(trace(words))
    expect(report.violations).toEqual([])
    expect(report.committed).toEqual(committed)
  })

  it('counts the blocks caught up on', () => {
    expect(checkTrace(trace('start info=7 final=8:x commit process=9:y final=9:y commit')).caughtUp).toEqual([
      8,
    ])
  })
})

describe('a bad trace', () => {
  it.each([
    ['a height left out', 'start info=1 process=3:a', /ProcessProposal at height 3, the next is 2/],
    ['a height twice', 'start info=1 final=2:a commit final=2:a', /FinalizeBlock at height 2, the next is 3/],
    [
      'a proposal before Commit',
      'start info=1 process=2:a final=2:a process=3:b commit',
      /between FinalizeBlock 2/,
    ],
    [
      'a vote extension before Commit',
      'start info=1 process=2:a final=2:a verify=2 commit',
      /between FinalizeBlock 2/,
    ],
    ['two FinalizeBlocks', 'start info=1 process=2:a final=2:a final=2:a commit', /between FinalizeBlock 2/],
    ['Commit alone', 'start info=1 commit', /Commit without FinalizeBlock/],
    ['two Commits', 'start info=1 process=2:a final=2:a commit commit', /Commit without FinalizeBlock/],
    [
      'another block than the processed',
      'start info=1 process=2:a final=2:b commit',
      /not processed, 1 others were/,
    ],
    ['two InitChains', 'start info=0 init=1 init=1', /second InitChain/],
    ['InitChain in the middle', 'start info=5 init=1', /InitChain at height 5/],
    ['no InitChain', 'start info=0 process=1:a', /before Info or InitChain/],
    [
      'a committed height lost',
      'start info=1 final=2:a commit start info=1',
      /Info says height 1, committed was 2/,
    ],
    ['a height from nowhere', 'start info=1 start info=3', /Info says height 3, committed was 1/],
    [
      'a commit of what was not finalized again',
      'start info=1 process=2:a final=2:a start info=1 commit',
      /without/,
    ],
    [
      'hashes of an earlier height',
      'start info=1 process=2:a final=2:a commit process=3:b final=3:a',
      /not processed/,
    ],
  ])('%s', (_, words, message) => {
    expect(checkTrace(trace(words)).violations.join('\n')).toMatch(message)
  })

  it('has a request before the last was answered', () => {
    const lines = trace('start info=1 process=2:a')
    lines.pop()
    lines.push({ seq: 9, dir: 'in', conn: 2, method: 'FinalizeBlock', height: 2, hash: 'a' })
    expect(checkTrace(lines).violations).toEqual([
      'line 9: FinalizeBlock before ProcessProposal was answered',
    ])
  })
})

it('A proposal that came too late is allowed where there are other validators', () => {
  const lines = trace('start info=1 process=2:a final=2:b commit')
  expect(checkTrace(lines, { lateProposals: true })).toMatchObject({ violations: [], caughtUp: [2] })
})

it('A torn last line is dropped, a damaged one in the middle is not', () => {
  expect(parseTrace('{"seq":0,"dir":"start"}\n{"seq":1,"di')).toEqual([{ seq: 0, dir: 'start' }])
  expect(() => parseTrace('{"seq":0\n{"seq":1,"dir":"start"}\n')).toThrow(SyntaxError)
})

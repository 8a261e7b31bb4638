import { describe, expect, test } from 'vitest'
import { QueryError, TxError, TxKnownError, TxTimeoutError } from '../client/errors.ts'
import { CommandError, UsageError } from './errors.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { NodeError } from './node/errors.ts'

const query = (codespace: string, code: number, log: string, path = '/wadi.asset.v1.Query/Asset') =>
  new QueryError(path, { codespace, code, log })
const refusal = { codespace: 'sdk', code: 5, log: 'insufficient funds' }

describe('exit codes', () => {
  test('keep their numbers', () => {
    expect(EXIT).toEqual({
      ok: 0,
      failed: 1,
      usage: 2,
      refused: 3,
      failedInBlock: 4,
      notFound: 5,
      timeout: 6,
      unreachable: 7,
      locked: 8,
      interrupted: 130,
    })
  })

  test.each<[string, unknown, number]>([
    ['a bug', new TypeError('x is undefined'), EXIT.failed],
    ['no error at all', 'thrown', EXIT.failed],
    ['wrong usage', new UsageError('x'), EXIT.usage],
    ['a failure', new CommandError('x'), EXIT.failed],
    ['a failure that says its code', new CommandError('x', [], EXIT.locked), EXIT.locked],
    ['a refused transaction', new TxError(refusal, 'AB'), EXIT.refused],
    ['one that the node has already', new TxKnownError('AB'), EXIT.refused],
    ['one that failed in its block', new TxError(refusal, 'AB', 7), EXIT.failedInBlock],
    ['one that does not show up', new TxTimeoutError('AB', 100), EXIT.timeout],
    ['a missing account', query('sdk', 22, 'account x not found: key not found'), EXIT.notFound],
    ["a module's missing thing", query('asset', 2, '9: asset not found'), EXIT.notFound],
    ['another refused query', query('sdk', 18, 'invalid request'), EXIT.failed],
    ['a simulation that fails', query('sdk', 5, 'x', '/cosmos.tx.v1beta1.Service/Simulate'), EXIT.refused],
    ['a busy node', query('query', 2, 'busy'), EXIT.unreachable],
    ['a node without CometBFT', query('query', 5, 'CometBFT does not answer'), EXIT.unreachable],
    ['a query that took too long', query('query', 4, 'the query took too long'), EXIT.timeout],
    ['a node that is slow to start', new NodeError('timeout', 'x', ['y']), EXIT.timeout],
    ['a net that does not run', new NodeError('not-running', 'x', ['y']), EXIT.unreachable],
    ['a damaged home', new NodeError('home-damaged', 'x', ['y']), EXIT.failed],
    ['Ctrl-C at a question', Object.assign(new Error('x'), { name: 'ExitPromptError' }), EXIT.interrupted],
  ])('of %s', (_, error, code) => {
    expect(exitCodeOf(error)).toBe(code)
  })
})

import { expect, test } from 'vitest'
import { cometbftExit, type ExitReason } from './exit-reason.ts'

const exit = (lines: string[], code: number | null = 1, signal: NodeJS.Signals | null = null) => {
  const reason = cometbftExit(code, signal, lines, '/h')
  return reason as Extract<ExitReason, { kind: 'cometbft' }>
}

// The lines are what the released binary printed when these things were done to it.
test.each([
  [
    'ERROR: failed to create node: error during handshake: error on replay: app block height (19) ' +
      'is higher than core (18)',
    /the application is at height 19, CometBFT's data only at 18[\s\S]*restore \/h\/data[\s\S]*\/h\/data\/app back to height 18/,
  ],
  [
    'panic: state.AppHash does not match AppHash after replay. Got\n\t0000000000000000, expected .',
    /CometBFT's data is empty while the application already holds blocks/,
  ],
  [
    'panic: state.AppHash does not match AppHash after replay. Got\n\t, expected 0000000000000000.',
    /the application came to another state than the chain did/,
  ],
  [
    'ERROR: failed to create node: failed to initialize database: resource temporarily unavailable',
    /another process has the databases in \/h\/data open/,
  ],
  [
    'ERROR: failed to start node: failed to listen on 127.0.0.1:21057: listen tcp 127.0.0.1:21057: ' +
      'bind: address already in use',
    /the address 127\.0\.0\.1:21057 is taken/,
  ],
  [
    'ERROR: failed to create node: error reading GenesisDoc at /h/config/genesis.json: genesis doc ' +
      'must include non-empty chain_id',
    /the genesis file \/h\/config\/genesis\.json is not valid: genesis doc must include non-empty chain_id/,
  ],
  [
    'ERROR: While parsing config: toml: incomplete number',
    /config\.toml is not valid: toml: incomplete number/,
  ],
])('"%s" is explained', (text, message) => {
  const { error, cause } = exit([
    'I[2026] fine',
    ...text.split('\n'),
    'goroutine 1 [running]:',
    'main.main()',
  ])
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain('goroutine')
  expect(error.fix.length).toBeGreaterThan(0)
  expect(cause).toBe(text.split('\n')[0])
})

test('an end without a known cause shows the last lines', () => {
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`)
  const { tail, error } = exit(lines, 2)
  expect(tail).toEqual(lines.slice(-8))
  expect(error.message).toContain('exit code 2')
})

test('a kill and an orderly stop from outside are told apart', () => {
  expect(exit([], null, 'SIGKILL').error.message).toContain('it was killed')
  expect(exit(['E[] Error serving server'], 0).error.message).toContain(
    'asked to stop, by a signal from outside',
  )
})

/** Where money goes is never only in a file that nobody looks at. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { run, Scratch } from '../testkit.ts'
import { fakeRpc } from './fake-rpc.ts'
import { CHAIN_ID, unsignedSend } from './testkit.ts'

/** What the prompt was asked; it is answered with no. */
const asked: string[] = []
vi.mock('@inquirer/confirm', () => ({
  default: async ({ message }: { message: string }) => {
    asked.push(message)
    return false
  },
}))

const scratch = new Scratch('destination')
const settings = scratch.at('config', 'client.toml')
const FEE = ['--gas', '100000', '--fees', '7awadi'] as const
/** Commands that know no keyring. */
const KEYLESS: readonly unknown[] = ['broadcast', 'wait']

/** Runs a command line with the keys and the settings of this test. */
const at = (...argv: string[]) =>
  run(...argv, ...(KEYLESS.includes(argv[1]) ? [] : ['--keyring-backend', 'test']))

/** The settings file says this. */
function write(text: string): void {
  mkdirSync(scratch.at('config'), { recursive: true })
  writeFileSync(settings, text)
}

beforeEach(() => {
  for (const name of ['WADI_RPC', 'WADI_CHAIN_ID']) vi.stubEnv(name, undefined)
  vi.stubEnv('WADI_HOME', scratch.path)
  write('')
})
afterEach(() => {
  vi.unstubAllEnvs()
  asked.length = 0
})

vi.stubEnv('WADI_HOME', scratch.path)
const alice = JSON.parse((await at('keys', 'add', 'alice', '-o', 'json')).out)
const unsigned = scratch.file('unsigned.json', unsignedSend(alice.address))
const NUMBERS = ['--offline', '--account-number', '7', '--sequence', '3'] as const

const send = (...more: string[]) =>
  at('tx', 'bank', 'send', 'alice', alice.address, '5awadi', ...FEE, ...more)

describe('a send without a question', () => {
  const refusal = (origin: string, url: string) =>
    `wadi: --yes sends without asking, and only ${origin} says where to: ${url}, a node of ${CHAIN_ID}\n` +
    `  - if that is the chain you mean, name it: --chain-id ${CHAIN_ID}\n` +
    `  - or for good: "wadi config set chain-id ${CHAIN_ID}"\n` +
    '  - or name another node with --node; without --yes you are asked\n'

  test('is refused where only the settings file names the node, before anything else is asked', async () => {
    const rpc = await fakeRpc({})
    write(`node = "${rpc.url}"\n`)
    expect(await send('-y')).toEqual({ code: EXIT.usage, out: '', err: refusal(settings, rpc.url) })
    expect(rpc.asked.map(({ method }) => method)).toEqual(['status'])
  })

  test('is refused where only a variable names the node', async () => {
    const rpc = await fakeRpc({})
    vi.stubEnv('WADI_RPC', rpc.url)
    expect(await send('--yes')).toEqual({ code: EXIT.usage, out: '', err: refusal('$WADI_RPC', rpc.url) })
  })

  // Beyond the check the node is asked for the account, which this one does not know.
  test.each([
    ['a flag names the chain', ['--chain-id', CHAIN_ID], '', undefined],
    ['the file names the chain, too', [], `chain-id = "${CHAIN_ID}"\n`, undefined],
    ['a variable names the chain', [], '', CHAIN_ID],
  ])('goes on where %s', async (_, flags, more, variable) => {
    const rpc = await fakeRpc({})
    write(`node = "${rpc.url}"\n${more}`)
    if (variable !== undefined) vi.stubEnv('WADI_CHAIN_ID', variable)
    const { err } = await send('-y', ...flags)
    expect(err).not.toContain('sends without asking')
    expect(rpc.asked.map(({ method }) => method)).toContain('abci_query')
  })

  test('goes on where the node is named by a flag', async () => {
    const rpc = await fakeRpc({})
    expect((await send('-y', '--node', rpc.url)).err).not.toContain('sends without asking')
    expect(rpc.asked.map(({ method }) => method)).toContain('abci_query')
  })

  test.each(['wadi-dev-1', 'wadi-local-1'])(
    'goes on to %s, whose coins are worth nothing',
    async (chainId) => {
      const rpc = await fakeRpc({}, chainId)
      vi.stubEnv('WADI_RPC', rpc.url)
      expect((await send('-y')).err).not.toContain('sends without asking')
      expect(rpc.asked.map(({ method }) => method)).toContain('abci_query')
    },
  )

  test('is not in the way of what sends nothing', async () => {
    const rpc = await fakeRpc({})
    write(`node = "${rpc.url}"\n`)
    expect(await send('-y', '--generate-only')).toMatchObject({ code: EXIT.ok, err: '' })
  })
})

describe('a person who is asked', () => {
  const terminal = process.stdin.isTTY
  beforeEach(() => {
    process.stdin.isTTY = true
  })
  afterEach(() => {
    process.stdin.isTTY = terminal
  })

  test('sees the chain and the node, with the file that names them', async () => {
    const rpc = await fakeRpc({})
    write(`node = "${rpc.url}"\n`)
    const { code, out, err } = await send()
    expect(asked).toEqual(['Sign and send?'])
    expect(err).toContain(
      `\ngas: "100000"\nchain_id: ${CHAIN_ID}\nnode: ${rpc.url} (from ${settings})\nwadi: not sent`,
    )
    expect([code, out]).toEqual([EXIT.failed, ''])
    write(`node = "${rpc.url}"\nchain-id = "${CHAIN_ID}"\n`)
    expect((await send()).err).toContain(`\nchain_id: ${CHAIN_ID} (from ${settings})\n`)
  })

  test('sees no origin of what was typed, and no key of a provider', async () => {
    const { url } = await fakeRpc({})
    const { err } = await send('--node', `${url}/?key=hidden`, '--chain-id', CHAIN_ID)
    expect(err).toContain(`\nchain_id: ${CHAIN_ID}\nnode: ${url}/?…\n`)
    expect(err).not.toContain('hidden')
  })
})

describe('a command that signs or sends a file', () => {
  test('says for which chain it signed, and which file or variable named it', async () => {
    const sign = (...more: string[]) => at('tx', 'sign', unsigned, '--from', 'alice', ...NUMBERS, ...more)
    expect((await sign('--chain-id', 'main-1')).err).toBe('signed for main-1\n')
    write('chain-id = "main-1"\n')
    expect((await sign()).err).toBe(`signed for main-1 (from ${settings})\n`)
    const batch = await at('tx', 'sign-batch', unsigned, '--from', 'alice', ...NUMBERS)
    expect(batch.err).toBe(`signed for main-1 (from ${settings})\n`)
    vi.stubEnv('WADI_CHAIN_ID', 'other-1')
    const { out, err } = await sign()
    expect(err).toBe('signed for other-1 (from $WADI_CHAIN_ID)\n')
    expect(JSON.parse(out).signatures).toHaveLength(1)
  })

  test.each([
    [['--no-wait'], '\n'],
    [[], ', waiting for the block …\n'],
  ])('says where it sent to, and prints the same as ever (broadcast %j)', async (flags, end) => {
    const hash = 'AB'.repeat(32)
    const accepted = { result: { code: 0, data: '', log: '', codespace: '', hash } }
    const refused = { error: { code: -32603, message: 'Internal error', data: 'pruned' } }
    const rpc = await fakeRpc({ broadcast_tx_sync: accepted, tx: refused })
    write(`node = "${rpc.url}"\n`)
    const { out: signed } = await at(
      ...['tx', 'sign', unsigned, '--from', 'alice', ...NUMBERS, '--chain-id', CHAIN_ID],
    )
    const file = scratch.file('signed.json', signed)
    const { out, err } = await at('tx', 'broadcast', file, '-o', 'json', ...flags)
    expect(err.slice(0, err.indexOf('\n') + 1)).toBe(
      `sent ${hash} to ${CHAIN_ID} at ${rpc.url} (from ${settings})${end}`,
    )
    if (flags.length > 0) expect(out).toBe(`{"txhash":"${hash}","code":0}\n`)
  })
})

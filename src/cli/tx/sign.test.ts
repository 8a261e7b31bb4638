import { describe, expect, test } from 'vitest'
import { cli, file, ok, PLACE, unsignedSend, verdicts } from './testkit.ts'

const alice = JSON.parse(await ok('keys', 'add', 'alice', '-o', 'json')).address as string
const ethan = JSON.parse(await ok('keys', 'add', 'ethan', '--eth', '-o', 'json')).address as string

const modeOf = (printed: string) => JSON.parse(printed).auth_info.signer_infos[0].mode_info.single.mode

describe.each([
  ['alice', alice],
  ['ethan', ethan],
])('a transaction of a file, signed by %s without a node,', (name, address) => {
  test.each([
    ['direct', 'SIGN_MODE_DIRECT'],
    ['amino-json', 'SIGN_MODE_LEGACY_AMINO_JSON'],
    ['amino', 'SIGN_MODE_LEGACY_AMINO_JSON'],
  ])('in mode %s is found good by the node, and for no other account or place', async (mode, expected) => {
    const unsigned = file('unsigned.json', unsignedSend(address, {}, { payer: address }))
    const signed = await ok('tx', 'sign', unsigned, '--from', name, '--sign-mode', mode, ...PLACE)
    expect(modeOf(signed)).toBe(expected)
    expect(verdicts(signed)).toEqual([true])
    expect(verdicts(signed, { accountNumber: 8n })).toEqual([false])
    // Under amino JSON the sequence is part of what is signed, under DIRECT it stands in the transaction.
    expect(verdicts(signed, { sequence: 4n })).toEqual([mode === 'direct'])
  })
})

test.each([
  ['alice', alice],
  ['ethan', ethan],
])('amino JSON with line separators in it is signed by %s as the node writes it', async (name, address) => {
  const unsigned = file('unsigned.json', unsignedSend(address, { memo: 'a\u2028b\u2029<&>' }))
  const signed = await ok('tx', 'sign', unsigned, '--from', name, '--sign-mode', 'amino-json', ...PLACE)
  expect(verdicts(signed)).toEqual([true])
})

test('the mode is direct unless it is said, and the help names the others', async () => {
  expect((await cli('tx', 'sign', '--help')).out).toMatch(
    /--sign-mode <direct\|amino-json>[^-]+amino is the\s+same as amino-json/,
  )
  const unsigned = file('unsigned.json', unsignedSend(alice))
  expect(modeOf(await ok('tx', 'sign', unsigned, '--from', 'alice', ...PLACE))).toBe('SIGN_MODE_DIRECT')
})

describe('signing refuses, with what to do,', () => {
  const sign = (text: string, ...more: string[]) =>
    cli('tx', 'sign', file('unsigned.json', text), '--from', 'alice', ...more)

  test('an unknown mode', async () => {
    const { code, err } = await sign(unsignedSend(alice), '--sign-mode', 'textual', ...PLACE)
    expect(code).toBe(2)
    expect(err).toContain('Allowed are direct and amino-json.')
  })

  test('an account that is no signer', async () => {
    const unsigned = file('unsigned.json', unsignedSend(alice))
    const stranger = await cli('tx', 'sign', unsigned, '--from', 'ethan', ...PLACE)
    expect(stranger).toEqual({
      code: 1,
      out: '',
      err:
        `wadi: ethan is no signer of ${unsigned}: it takes the signature of alice\n` +
        '  - name a signer with --from\n',
    })
    // Who pays signs as well.
    const paid = file('paid.json', unsignedSend(alice, {}, { payer: ethan }))
    expect(verdicts(await ok('tx', 'sign', paid, '--from', 'ethan', ...PLACE))).toEqual([true])
  })

  test('a file that is not there', async () => {
    const missing = file('missing.json', '').replace('missing', 'absent')
    expect(await cli('tx', 'sign', missing, '--from', 'alice', ...PLACE)).toEqual({
      code: 1,
      out: '',
      err: `wadi: ${missing} does not exist\n  - look whether the path is right\n`,
    })
  })

  test('what amino JSON has no place for', async () => {
    const text = unsignedSend(alice, { timeout_timestamp: '2030-01-01T00:00:00Z' })
    const { code, err } = await sign(text, '--sign-mode', 'amino-json', ...PLACE)
    expect(code).toBe(1)
    expect(err).toBe(
      'wadi: amino JSON has no place for a timeout timestamp\n  - sign it with --sign-mode direct\n',
    )
  })

  test('to be offline without the numbers that only a node knows', async () => {
    const { code, err } = await sign(unsignedSend(alice), '--offline', '--chain-id', 'wadi-test-1')
    expect(code).toBe(2)
    expect(err).toContain('--offline needs --chain-id, --account-number and --sequence')
  })
})

import { describe, expect, test } from 'vitest'
import { cli, file, ok, PLACE, read, unsignedSend, verdicts } from './testkit.ts'

for (const name of ['a', 'b', 'outsider']) await ok('keys', 'add', name)
await ok('keys', 'add', 'c', '--eth')
const added = ['keys', 'add', 'safe', '--multisig', 'a,b,c', '--multisig-threshold', '2', '-o', 'json']
const safe = JSON.parse(await ok(...added))
const unsigned = file('unsigned.json', unsignedSend(safe.address, {}, { payer: safe.address }))

async function signature(member: string, ...place: readonly string[]): Promise<string> {
  const args = place.length === 0 ? PLACE : place
  const text = await ok('tx', 'sign', unsigned, '--from', member, '--multisig', 'safe', ...args)
  return file(`${member}.json`, text)
}
const sign = { a: await signature('a'), b: await signature('b'), c: await signature('c') }
const multisign = (...files: string[]) => cli('tx', 'multi-sign', unsigned, 'safe', ...files, ...PLACE)

describe('a multisig', () => {
  test('is shown with its members and how many of them sign, and has no secret to export', async () => {
    const shown = JSON.parse(await ok('keys', 'show', 'safe', '-o', 'json'))
    expect(shown).toEqual(safe)
    expect(shown).toMatchObject({ name: 'safe', algorithm: 'multisig', threshold: 2 })
    expect(shown.members).toHaveLength(3)
    expect(JSON.parse(await ok('keys', 'list', '-o', 'json'))).toContainEqual(safe)
    const { code, err } = await cli('keys', 'export', 'safe')
    expect(code).toBe(1)
    expect(err).toContain('safe is a multisig: it has no key of its own, its members sign for it')
  })
})

describe('signatures of members', () => {
  test('are printed as the Cosmos SDK does: key, mode, signature, and the sequence of the multisig', () => {
    const { signatures } = JSON.parse(read(sign.a))
    expect(signatures).toHaveLength(1)
    expect(signatures[0]).toMatchObject({
      public_key: { '@type': '/cosmos.crypto.secp256k1.PubKey' },
      data: { single: { mode: 'SIGN_MODE_LEGACY_AMINO_JSON' } },
      sequence: '3',
    })
  })

  test.each([
    ['a,b', [sign.a, sign.b], 2],
    ['c,a, in any order', [sign.c, sign.a], 2],
    ['all of them', [sign.a, sign.b, sign.c], 3],
    ['two, one of them twice', [sign.b, sign.c, sign.b], 2],
  ])('of %s make a transaction that the node finds good', async (_name, files, count) => {
    const { code, out } = await multisign(...files)
    expect(code).toBe(0)
    expect(verdicts(out)).toEqual(Array.from({ length: count }, () => true))
    expect(verdicts(out, { sequence: 4n })).toEqual(Array.from({ length: count }, () => false))
  })

  test('of a transaction with line separators in it are good for the node', async () => {
    const separated = file('separated.json', unsignedSend(safe.address, { memo: 'a\u2028b\u2029<&>' }))
    const files: string[] = []
    for (const member of ['a', 'c']) {
      const args = ['--from', member, '--multisig', 'safe', ...PLACE]
      files.push(file(`separated-${member}.json`, await ok('tx', 'sign', separated, ...args)))
    }
    expect(verdicts(await ok('tx', 'combine', separated, 'safe', ...files, ...PLACE))).toEqual([true, true])
  })

  test('that are too few are counted', async () => {
    expect(await multisign(sign.b, sign.b)).toMatchObject({
      code: 1,
      err: 'wadi: 2 members of safe have to sign, and 1 did\n',
    })
  })

  test('of another transaction or place are refused by file, member and what they have to be of', async () => {
    const late = file('late.json', read(await signature('a', ...PLACE.slice(0, -1), '4')))
    await signature('a')
    const { code, err } = await multisign(sign.b, late)
    expect(code).toBe(1)
    expect(err).toMatch(/late\.json: the signature of wadi1\w+ is not one of this transaction\n/)
    expect(err).toContain('the same file, chain wadi-test-1, account 7, sequence 3')
  })

  test('of somebody who is no member are neither made nor taken', async () => {
    const args = ['--from', 'outsider', '--multisig', 'safe', ...PLACE]
    const { code, err } = await cli('tx', 'sign', unsigned, ...args)
    expect(code).toBe(1)
    expect(err).toContain('outsider is no member of safe')
    // By hand: the signature of a member under the key of somebody else.
    const other = JSON.parse(await ok('keys', 'show', 'outsider', '--pubkey'))
    const forged = JSON.parse(read(sign.b))
    forged.signatures[0].public_key = other
    const own = file('outsider.json', JSON.stringify(forged))
    expect((await multisign(sign.a, own)).err).toContain('the signature of a key that is no member of safe')
  })

  test('are made of what their multisig has to sign, and by members of a multisig alone', async () => {
    await ok('keys', 'add', 'lone', '--multisig', 'outsider,b', '-o', 'json')
    const other = await cli('tx', 'sign', unsigned, '--from', 'outsider', '--multisig', 'lone', ...PLACE)
    expect(other.err).toBe(
      `wadi: lone is no signer of ${unsigned}: it takes the signature of safe\n` +
        '  - to sign as a member of safe: --multisig safe\n',
    )
    const { address } = JSON.parse(await ok('keys', 'show', 'outsider', '-o', 'json'))
    const single = file('single.json', unsignedSend(address))
    const alone = await cli('tx', 'sign', single, '--from', 'a', '--multisig', 'outsider', ...PLACE)
    expect(alone.err).toContain(
      'outsider is no multisig: it signs alone\n  - "wadi tx sign FILE --from outsider"',
    )
  })

  test('of a multisig whose members nobody here knows are made, and it is said', async () => {
    const { address } = JSON.parse(await ok('keys', 'show', 'safe', '-o', 'json'))
    await ok('keys', 'delete', 'safe', '-y')
    const { code, err, out } = await cli(
      'tx',
      'sign',
      unsigned,
      '--from',
      'outsider',
      '--multisig',
      address,
      ...PLACE,
    )
    expect(code).toBe(0)
    expect(err).toContain(
      `Whether outsider is a member of ${address} is not checked: its members are not known here.`,
    )
    expect(JSON.parse(out).signatures).toHaveLength(1)
    await ok(...added)
  })

  test('are of amino JSON only, and of a multisig only', async () => {
    const direct = ['--from', 'a', '--multisig', 'safe', '--sign-mode', 'direct', ...PLACE]
    expect(await cli('tx', 'sign', unsigned, ...direct)).toMatchObject({
      code: 2,
      err: expect.stringContaining('members of a multisig sign amino JSON'),
    })
    const alone = await cli('tx', 'multi-sign', unsigned, 'a', sign.a, ...PLACE)
    expect(alone.err).toContain('a is no multisig')
    const whole = await cli('tx', 'sign', unsigned, '--from', 'safe', ...PLACE)
    expect(whole.err).toContain('"wadi tx sign FILE --from MEMBER --multisig safe"')
    const member = await cli('tx', 'sign', unsigned, '--from', 'a', ...PLACE)
    expect(member.err).toBe(
      `wadi: a is no signer of ${unsigned}: it takes the signature of safe\n` +
        '  - to sign as a member of safe: --multisig safe\n',
    )
    expect((await multisign(unsigned)).err).toContain('unsigned.json is no list of signatures')
  })
})

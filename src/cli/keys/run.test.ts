import { expect, test } from 'vitest'
import { DEV_ACCOUNTS } from '../node/dev-accounts.ts'
import { cli, ok } from '../tx/testkit.ts'

test.each([['--multisig-threshold', '2'], ['--nosort']])(
  'keys add makes no ordinary key of a multisig whose members were forgotten (%s)',
  async (...options) => {
    expect(await cli('keys', 'add', 'joint', ...options)).toEqual({
      code: 2,
      out: '',
      err:
        `wadi: ${options[0]} is for a multisig, and no members are named\n` +
        '  - name them: --multisig KEY,KEY,…\n',
    })
    expect(await ok('keys', 'list', '-o', 'json')).toBe('[]\n')
  },
)

test('keys show knows the public accounts, and says that they are public', async () => {
  const { code, out, err } = await cli('keys', 'show', 'dev9', '--address')
  expect({ code, out }).toEqual({ code: 0, out: `${DEV_ACCOUNTS[9]?.address}\n` })
  expect(err).toMatch(/^dev9 is PUBLIC: /)
  expect((await cli('keys', 'show', 'dev10')).err).toContain('no key is named dev10')
})

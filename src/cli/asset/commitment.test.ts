import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEV_ACCOUNTS } from '../node/dev-accounts.ts'
import { CHAIN_ID, cli, ok } from '../tx/testkit.ts'

const exampleModel = join(import.meta.dirname, '../../../examples/model')
const owner = DEV_ACCOUNTS[0]?.address ?? ''
const command = ['asset', 'commitment', exampleModel, '--from', owner, '--chain-id', CHAIN_ID] as const

test('a commitment is the hash that modules/asset/README.md writes down', async () => {
  // (printf 'wadi/claim/v1\0\013wadi-test-1'; printf OWNER_HEX ROOT SALT | xxd -r -p) | sha256sum, the three hex
  // numbers without anything between them.
  expect(JSON.parse(await ok(...command, '--salt', '11'.repeat(32), '-o', 'json'))).toEqual({
    chain_id: 'wadi-test-1',
    owner,
    root_digest: 'a123055d092b3a7691f3629cd19750afc6227c300a51d3043289421dc998fbc4',
    salt: '11'.repeat(32),
    commitment: '380ec22db4b41ebdfa1831be51fb2931a38f98f6575bf3215b71d72ce20190c3',
  })
})

test('without a salt it gets a new one, told with it', async () => {
  const [one, two] = [JSON.parse(await ok(...command, '-o', 'json')), await ok(...command, '-o', 'json')]
  expect(one.salt).toMatch(/^[0-9a-f]{64}$/)
  expect(one.salt).not.toBe(JSON.parse(two).salt)
  const again = JSON.parse(await ok(...command, '--salt', `0x${one.salt}`, '-o', 'json'))
  expect(again).toEqual(one)
})

test('a salt that is no salt, and files that are not there, are refused', async () => {
  const { code, err } = await cli(...command, '--salt', '11')
  expect(code).toBe(2)
  expect(err).toContain('--salt is not 32 bytes in hex')
  const absent = await cli('asset', 'commitment', join(exampleModel, 'absent'), ...command.slice(3))
  expect(absent.code).toBe(1)
  expect(absent.err).toContain('does not exist')
})

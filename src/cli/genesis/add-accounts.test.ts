import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DEV_ACCOUNTS } from '../node/dev-accounts.ts'
import { addAccounts } from './add-accounts.ts'

const [alice = '', bob = '', carol = ''] = DEV_ACCOUNTS.map(({ address }) => address)
const stderr = { isTTY: false } as NodeJS.WriteStream

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wadi-genesis-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string) => join(folder, name)

async function add(genesis: string, accounts: string, amount?: string) {
  writeFileSync(at('genesis.json'), genesis)
  writeFileSync(at('accounts'), accounts)
  const options = { file: at('accounts'), ...(amount === undefined ? {} : { amount }) }
  const result = await addAccounts(at('genesis.json'), options, stderr)
  return { result, document: JSON.parse(readFileSync(at('genesis.json'), 'utf8')) }
}

const account = (address: string, number: number) => ({
  '@type': '/cosmos.auth.v1beta1.BaseAccount',
  address,
  pub_key: null,
  account_number: `${number}`,
  sequence: '0',
})

describe('adding accounts to a genesis file', () => {
  test('numbers them behind those that are there, and leaves all else as it is', async () => {
    const genesis = JSON.stringify(
      {
        chain_id: 'c',
        app_state: {
          bank: {
            balances: [{ address: alice, coins: [{ denom: 'awadi', amount: '1' }] }],
            params: { x: 1 },
          },
          auth: { accounts: [account(alice, 7)], params: { y: '2' } },
        },
        validators: [],
      },
      null,
      2,
    )
    const { result, document } = await add(
      genesis,
      `# mine\n\n${bob} 5awadi,3other\n${DEV_ACCOUNTS[2]?.hexAddress}\r\n`,
      '1WADI',
    )
    expect(result).toMatchObject({ added: 2, accounts: 3 })
    expect(document).toEqual({
      chain_id: 'c',
      app_state: {
        bank: {
          balances: [
            { address: alice, coins: [{ denom: 'awadi', amount: '1' }] },
            {
              address: bob,
              coins: [
                { denom: 'awadi', amount: '5' },
                { denom: 'other', amount: '3' },
              ],
            },
            { address: carol, coins: [{ denom: 'awadi', amount: '1000000000000000000' }] },
          ],
          params: { x: 1 },
        },
        auth: { accounts: [account(alice, 7), account(bob, 8), account(carol, 9)], params: { y: '2' } },
      },
      validators: [],
    })
  })

  test.each([
    ['{"app_state":{"auth":{},"bank":{}}}'],
    ['{"app_state":{"auth":{ },"bank":{"params":{}}}}'],
    ['{"app_state":{"auth":{"accounts":[]},"bank":{"balances":[ \n ],"supply":[]}}}'],
  ])('makes the lists where they are missing or empty: %s', async (genesis) => {
    const { document } = await add(genesis, `${alice} 5awadi`)
    expect(document.app_state.auth.accounts).toEqual([account(alice, 0)])
    expect(document.app_state.bank.balances).toEqual([
      { address: alice, coins: [{ denom: 'awadi', amount: '5' }] },
    ])
  })

  test('a file of 50,000 accounts is added in one pass', async () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `0x${i.toString(16).padStart(40, '0')}`)
    const { result, document } = await add('{"app_state":{"auth":{},"bank":{}}}', lines.join('\n'), '1awadi')
    expect(result.added).toBe(50_000)
    expect(document.app_state.auth.accounts.at(-1).account_number).toBe('49999')
    expect(document.app_state.bank.balances).toHaveLength(50_000)
  })

  const empty = '{"app_state":{"auth":{},"bank":{}}}'
  test.each([
    [empty, 'nobody 5awadi', undefined, 'accounts:1: "nobody" is no address'],
    [empty, `${alice} 5awadi\n${bob}`, undefined, `accounts:2: ${bob} has no coins`],
    [empty, `${alice} 5awadi\n${alice} 6awadi`, undefined, `accounts:2: ${alice} stands twice`],
    [empty, `${alice} five`, undefined, 'accounts:1: "five" is not an amount'],
    [empty, '# nobody', undefined, 'holds no accounts'],
    ['{"app_state":{"auth":{}}}', alice, '1awadi', 'app_state.bank is missing'],
    ['{"app_state":', alice, '1awadi', 'genesis.json'],
    [
      '{"app_state":{"auth":{},"bank":{"supply":[{"denom":"awadi","amount":"1"}]}}}',
      alice,
      '1awadi',
      'remove app_state.bank.supply',
    ],
  ])('refuses %s with %s, and leaves the file as it was', async (genesis, accounts, amount, message) => {
    await expect(add(genesis, accounts, amount)).rejects.toThrow(message)
    expect(readFileSync(at('genesis.json'), 'utf8')).toBe(genesis)
    expect(readdirSync(folder).toSorted()).toEqual(['accounts', 'genesis.json'])
  })
})

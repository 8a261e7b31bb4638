import { expect, test } from 'vitest'
import { DEV_ACCOUNTS } from '../node/dev-accounts.ts'
import { bannerText } from './dev.ts'

test('the banner of a devnet calls its accounts by the names that commands know', () => {
  const lines = bannerText({
    chainId: 'wadi-dev-1',
    home: '.wadi/devnet',
    height: 0,
    doors: { rpc: '', websocket: '', rest: '', grpc: '', telemetry: '', faucet: '', page: '' },
    moved: [],
    versions: {},
  }).split('\n')
  for (const [i, { address, hexAddress }] of DEV_ACCOUNTS.entries())
    expect(lines).toContain(`  dev${i}  ${address}  ${hexAddress}`)
})

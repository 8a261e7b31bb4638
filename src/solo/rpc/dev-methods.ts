import type { DevCoin, DevTools } from '../dev.ts'
import { RpcRefusal } from '../errors.ts'
import { devMethod, type Method } from './method.ts'

/** What no CometBFT has: methods for tests and developers. */
export function devMethods(dev: DevTools): Readonly<Record<string, Method>> {
  return {
    dev_snapshot: devMethod({}, () => dev.snapshot()),
    dev_revert: devMethod({ id: 'int64' }, (_, { id }) => dev.revert(id)),
    dev_increase_time: devMethod({ seconds: 'int64' }, (_, { seconds }) => dev.increaseTime(seconds)),
    dev_mine: devMethod({ blocks: 'int?' }, (_, { blocks }) => dev.mine(blocks ?? 1n)),
    dev_set_balance: devMethod({ address: 'string', coins: 'json' }, (_, { address, coins }) =>
      dev.setBalance(address, readCoins(coins)),
    ),
  }
}

const HOW = 'write coins as "5awadi,7share/1", or as [{"denom": "awadi", "amount": "5"}]'

function readCoins(value: unknown): readonly DevCoin[] {
  if (typeof value === 'string') return value.split(',').map(readCoin)
  const coins = Array.isArray(value) ? value : []
  if (coins.length === 0 || !coins.every(isCoin))
    throw new RpcRefusal(`coins ${JSON.stringify(value)}: ${HOW}`)
  return coins.map(({ denom, amount }) => ({ denom, amount }))
}

function readCoin(text: string): DevCoin {
  const [, amount, denom] = /^(\d+)([a-zA-Z].*)$/.exec(text.trim()) ?? []
  if (amount === undefined || denom === undefined)
    throw new RpcRefusal(`coins ${JSON.stringify(text)}: ${HOW}`)
  return { denom, amount }
}

function isCoin(value: unknown): value is DevCoin {
  const { denom, amount } = (value ?? {}) as { readonly denom?: unknown; readonly amount?: unknown }
  return typeof denom === 'string' && typeof amount === 'string'
}

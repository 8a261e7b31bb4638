import { beforeEach, describe, expect, test } from 'vitest'
import { QueryDefinition } from '#gen/cosmos/bank/v1beta1/query.ts'
import { MsgSetSendEnabled, MsgUpdateParams } from '#gen/cosmos/bank/v1beta1/tx.ts'
import type { TestAccount } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { authority } from '../../src/testing/genesis.ts'
import { message, type PackedMessage } from '../../src/testing/types.ts'
import { alice, balances, bankChain, coin, run, sendCoins } from '../../test/support/bank.ts'
import { outcome } from '../../test/support/wadi-chain.ts'
import { feeCollector } from './api.ts'

let chain: TestChain
beforeEach(() => {
  chain = bankChain()
})

describe('sending can be switched off', () => {
  const by = (who: TestAccount) => who.address
  const setEnabled = (sendEnabled: { denom: string; enabled: boolean }[], useDefaultFor: string[] = []) =>
    message(MsgSetSendEnabled, { authority: by(authority), sendEnabled, useDefaultFor })
  const params = (defaultSendEnabled: boolean) =>
    message(MsgUpdateParams, { authority: by(authority), params: { sendEnabled: [], defaultSendEnabled } })

  test('for one denomination, and back on', () => {
    expect(run(chain, authority, setEnabled([{ denom: 'share/1', enabled: false }]))).toBe('ok')
    expect(run(chain, alice, sendCoins([coin('share/1', 1)]))).toBe(
      'bank/5 share/1 transfers are currently disabled: send transactions are disabled',
    )
    expect(run(chain, alice, sendCoins([coin('share/2', 1)]))).toBe('ok')
    expect(run(chain, authority, setEnabled([], ['share/1']))).toBe('ok')
    expect(run(chain, alice, sendCoins([coin('share/1', 1)]))).toBe('ok')
  })

  test('for all but those that are named', () => {
    run(chain, authority, params(false), setEnabled([{ denom: 'share/1', enabled: true }]))
    expect(run(chain, alice, sendCoins([coin('share/1', 1)]))).toBe('ok')
    expect(run(chain, alice, sendCoins([coin('share/2', 1)]))).toContain('bank/5 share/2')
    expect(chain.query(QueryDefinition, 'params').params?.defaultSendEnabled).toBe(false)
  })

  test('and fees are paid all the same', () => {
    run(chain, authority, params(false))
    const result = chain.deliver(alice.tx(chain, [sendCoins([coin('awadi', 1)])], { fee: 10n }))
    expect(outcome(result)).toContain('bank/5')
    expect(balances(chain, feeCollector.address)).toEqual(['10awadi'])
  })

  test.each<[string, PackedMessage, TestAccount, string]>([
    ['by anybody else', message(MsgSetSendEnabled, { authority: by(alice) }), alice, 'sdk/4 expected wadi1'],
    [
      'parameters by anybody else',
      message(MsgUpdateParams, { authority: by(alice) }),
      alice,
      'sdk/4 expected wadi1',
    ],
    [
      'without parameters',
      message(MsgUpdateParams, { authority: by(authority) }),
      authority,
      'sdk/18 params are missing: invalid request',
    ],
    [
      'by the old list in the parameters',
      message(MsgUpdateParams, {
        authority: by(authority),
        params: { sendEnabled: [{ denom: 'awadi', enabled: true }], defaultSendEnabled: true },
      }),
      authority,
      'sdk/18 use MsgSetSendEnabled for single denominations: invalid request',
    ],
    [
      'for a denomination twice',
      setEnabled([{ denom: 'awadi', enabled: true }], ['awadi']),
      authority,
      'sdk/18 a denomination is named twice: invalid request',
    ],
    [
      'for what is no denomination',
      setEnabled([], ['!']),
      authority,
      'sdk/10 invalid denom: !: invalid coins',
    ],
  ])('but not %s', (_name, packed, who, expected) => {
    expect(run(chain, who, packed)).toContain(expected)
  })
})

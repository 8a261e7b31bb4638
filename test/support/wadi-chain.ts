import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { onTransfer } from '#modules/bank/api.ts'
import { chain } from '#modules/chain.ts'
import type { ExecTxResult } from '../../src/abci/types.ts'
import { defineChain } from '../../src/kernel/chain.ts'
import { assert } from '../../src/kernel/errors.ts'
import { type Module, moduleAccount } from '../../src/kernel/module.ts'
import { sdk } from '../../src/kernel/sdk-errors.ts'
import type { TestAccount } from '../../src/testing/accounts.ts'
import { TestChain, type TestChainOptions } from '../../src/testing/chain.ts'
import { type FundedAccounts, fundedGenesis } from '../../src/testing/genesis.ts'
import { message, type PackedMessage } from '../../src/testing/types.ts'

export interface WadiOptions extends Partial<TestChainOptions>, FundedAccounts {
  /** Modules of the test's own, below those of the chain. */
  readonly modules?: readonly Module[]
}

/** The chain itself, in this process, with funded accounts. */
export function wadiChain(options: WadiOptions = {}): TestChain {
  const { accounts: _accounts, coins: _coins, modules = [], genesis, ...rest } = options
  const { name, ante, consensus, accountOf } = chain
  const used =
    modules.length === 0
      ? chain
      : defineChain({ name, ante, consensus, accountOf, modules: [...chain.modules, ...modules] })
  return TestChain.create(used, { ...rest, genesis: { ...fundedGenesis(options), ...genesis } })
}

/** A transfer, ready for a transaction. */
export const send = (from: TestAccount | string, to: TestAccount | string, amount = 1n, denom = 'awadi') =>
  message(MsgSend, {
    fromAddress: typeof from === 'string' ? from : from.address,
    toAddress: typeof to === 'string' ? to : to.address,
    amount: [{ denom, amount: amount.toString() }],
  }) satisfies PackedMessage

/** How a transaction ended, on one line: `ok`, or `codespace/code log`. */
export const outcome = ({
  code,
  codespace,
  log,
}: Pick<ExecTxResult, 'code' | 'codespace' | 'log'>): string =>
  code === 0 ? 'ok' : `${codespace}/${code} ${log}`

/** Where every fault's coins are kept: a module account that nobody else uses. */
export const faultAccount = moduleAccount('fault', ['minter', 'burner'])

const endless = (depth: number): number => endless(depth + 1) + 1

/** A module whose ways to fail are chosen by the denomination sent: `bug/…`. */
export const faulty: Module = {
  name: 'faulty',
  version: 1,
  accounts: [faultAccount],
  hooks: [
    onTransfer('bug/refuse', () => {
      throw sdk.logic('this denomination is refused')
    }),
    onTransfer('bug/type', () => {
      ;(undefined as unknown as string[]).push('')
    }),
    onTransfer('bug/assert', () => assert(false, 'a promise is broken')),
    onTransfer('bug/stack', () => void endless(0)),
    onTransfer('bug/date', () => void new Date()),
    onTransfer('bug/random', () => void Math.random()),
  ],
}

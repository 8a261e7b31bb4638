import { MsgDefinition } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { address, fail, findModuleAccount, msgs, type ReadContext, requireAuthority, sdk } from '#kernel'
import { ensureAccount } from '../auth/api.ts'
import { type Amount, checkDenom, formatCoins, parseCoins } from './coins.ts'
import { err } from './errors.ts'
import { transfers } from './hooks.ts'
import { credit, debit, transfer } from './ledger.ts'
import { state } from './state.ts'

/** Outputs of one MultiSend: each touches a balance and an account. */
const MAX_OUTPUTS = 1_000

function checkSendable(ctx: ReadContext, coins: readonly Amount[]): void {
  for (const { denom } of coins) {
    const own = state.sendEnabled.get(ctx, denom)
    const enabled = own === undefined ? state.params.must(ctx).defaultSendEnabled : own === 1
    if (!enabled) throw err.sendDisabled(`${denom} transfers are currently disabled`)
  }
}

/** Module accounts are paid by their modules only: whoever sends to one from outside has lost the coins. */
function checkRecipient(recipient: string): void {
  address.encode(recipient)
  if (findModuleAccount(recipient) !== undefined) {
    throw sdk.unauthorized(`${recipient} is not allowed to receive funds`)
  }
}

export const bankMsgs = msgs(MsgDefinition, {
  send(ctx, { fromAddress, toAddress, amount }) {
    const coins = parseCoins(amount)
    checkSendable(ctx, coins)
    checkRecipient(toAddress)

    transfer(ctx, fromAddress, toAddress, coins)
    return {}
  },

  multiSend(ctx, { inputs, outputs }) {
    const [input] = inputs
    if (input === undefined) throw err.noInputs()
    if (inputs.length > 1) throw err.multipleSenders()
    if (outputs.length === 0) throw err.noOutputs()
    if (outputs.length > MAX_OUTPUTS)
      throw sdk.invalidRequest(`${outputs.length} outputs, at most ${MAX_OUTPUTS}`)
    const spent = parseCoins(input.coins)
    const received = outputs.map((output) => ({ to: output.address, coins: parseCoins(output.coins) }))
    checkSendable(ctx, spent)
    for (const { to } of received) checkRecipient(to)
    if (formatCoins(sum(received.map(({ coins }) => coins))) !== formatCoins(spent))
      throw err.inputOutputMismatch()

    ctx.emitRaw('message', ['sender', input.address])
    if (transfers.heard(ctx)) {
      for (const { to, coins } of received)
        for (const coin of coins) transfers.call(ctx, input.address, to, coin)
    }
    debit(ctx, input.address, spent)
    for (const { to, coins } of received) {
      credit(ctx, to, coins)
      ensureAccount(ctx, to)
      ctx.emitRaw('transfer', ['recipient', to, 'sender', input.address, 'amount', formatCoins(coins)])
    }
    return {}
  },

  updateParams(ctx, { authority, params }) {
    requireAuthority(ctx, authority)
    const given = params ?? fail(sdk.invalidRequest('params are missing'))
    if (given.sendEnabled.length > 0)
      throw sdk.invalidRequest('use MsgSetSendEnabled for single denominations')
    state.params.set(ctx, given)
    return {}
  },

  setSendEnabled(ctx, { authority, sendEnabled, useDefaultFor }) {
    requireAuthority(ctx, authority)
    const named = [...sendEnabled.map(({ denom }) => denom), ...useDefaultFor]
    named.forEach(checkDenom)
    if (new Set(named).size !== named.length) throw sdk.invalidRequest('a denomination is named twice')

    for (const { denom, enabled } of sendEnabled) state.sendEnabled.set(ctx, denom, enabled ? 1 : 0)
    for (const denom of useDefaultFor) state.sendEnabled.remove(ctx, denom)
    return {}
  },
})

/** The sum of lists of coins, sorted by denomination. */
function sum(lists: readonly (readonly Amount[])[]): Amount[] {
  const totals = new Map<string, bigint>()
  for (const coins of lists) {
    for (const { denom, amount } of coins) totals.set(denom, (totals.get(denom) ?? 0n) + amount)
  }
  const sorted = [...totals].map(([denom, amount]) => ({ denom, amount }))
  return sorted.sort((a, b) => (a.denom < b.denom ? -1 : 1))
}

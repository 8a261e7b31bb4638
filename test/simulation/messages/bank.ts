import { MsgMultiSend, MsgSend, MsgSetSendEnabled, MsgUpdateParams } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { addressText } from '#lib/address.ts'
import { toByteString } from '#lib/bytes.ts'
import { state } from '#modules/bank/state.ts'
import type { Random } from '../random.ts'
import { draft, type Generator, type World } from '../world.ts'

/** What the actors hold; awadi pays fees and registrations. */
export const DENOMS = ['awadi', 'cent', 'ibc/27394FB092D2ECCD56123C74F36E4C1F', 'share/1'] as const

interface Coin {
  readonly denom: string
  readonly amount: string
}

const BYTE_ORDER = (a: Coin, b: Coin): number => (a.denom < b.denom ? -1 : 1)

function canSend(world: World, denom: string): boolean {
  const own = state.sendEnabled.get(world.ctx, denom)
  return own === undefined ? state.params.must(world.ctx).defaultSendEnabled : own === 1
}

/** Denominations that may be sent now; now and then any. */
function denomsFor(world: World): readonly string[] {
  const allowed = DENOMS.filter((denom) => canSend(world, denom))
  return allowed.length === 0 || world.random.chance(0.05) ? DENOMS : allowed
}

/** An amount of any size, also beyond what anybody has. */
function someAmount(random: Random): bigint {
  const digits = random.chance(0.05) ? 30 : random.between(1, 18)
  return (
    BigInt(`0x${Array.from({ length: 4 }, () => random.bits().toString(16)).join('')}`) %
    10n ** BigInt(digits)
  )
}

function coins(world: World, most: number): Coin[] {
  const { random } = world
  const denoms = random.shuffled(denomsFor(world)).slice(0, random.between(1, most))
  return denoms.map((denom) => ({ denom, amount: `${someAmount(random) + 1n}` })).toSorted(BYTE_ORDER)
}

/** Mostly an actor, now and then an account that does not exist yet or that nobody may pay. */
function recipient(world: World): string {
  const { random } = world
  if (random.chance(0.02)) return addressText(toByteString(random.bytes(20)))
  if (random.chance(0.02)) return random.pick([...world.chain.chain.accounts.keys()])
  return world.anyone()
}

const send: Generator = (world) =>
  draft(MsgSend, { fromAddress: world.anyone(), toAddress: recipient(world), amount: coins(world, 2) })

const multiSend: Generator = (world) => {
  const { random } = world
  const outputs = Array.from({ length: random.between(1, 5) }, () => ({
    address: recipient(world),
    coins: coins(world, 2),
  }))
  const totals = new Map<string, bigint>()
  for (const { denom, amount } of outputs.flatMap((output) => output.coins)) {
    totals.set(denom, (totals.get(denom) ?? 0n) + BigInt(amount))
  }
  const wrong = random.chance(0.05) ? 1n : 0n
  const spent = [...totals].map(([denom, amount]) => ({ denom, amount: `${amount + wrong}` }))
  return draft(MsgMultiSend, {
    inputs: [{ address: world.anyone(), coins: spent.toSorted(BYTE_ORDER) }],
    outputs,
  })
}

const updateParams: Generator = (world) =>
  draft(MsgUpdateParams, {
    authority: world.pretender(),
    params: { defaultSendEnabled: world.random.chance(0.7) },
  })

/** Leaves awadi alone: without it nobody could do anything. */
const setSendEnabled: Generator = (world) => {
  const { random } = world
  const [first, second] = random.shuffled(DENOMS.slice(1))
  return draft(MsgSetSendEnabled, {
    authority: world.pretender(),
    sendEnabled: [{ denom: first as string, enabled: random.chance(0.6) }],
    useDefaultFor: random.chance(0.5) ? [second as string] : [],
  })
}

export const bankMessages: Readonly<Record<string, readonly [weight: number, Generator]>> = {
  [MsgSend.$type]: [40, send],
  [MsgMultiSend.$type]: [10, multiSend],
  [MsgUpdateParams.$type]: [1.5, updateParams],
  [MsgSetSendEnabled.$type]: [1.5, setSendEnabled],
}

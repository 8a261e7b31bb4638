import { WadiClient } from '../../client/client.ts'
import type { RunContext } from '../context.ts'
import { CommandError, UsageError } from '../errors.ts'
import type { NodeOptions } from '../options.ts'
import { atNode, checkedChainId, PATIENCE } from '../session.ts'
import { chainText, destinationText, type WithOrigins } from './destination.ts'

/** What a signature holds for: one chain, one account, one place in its order. */
export interface SigningPlace {
  readonly chainId: string
  readonly address: string
  readonly accountNumber: bigint
  readonly sequence: number
  /** The chain for people, with the node that named it. */
  readonly chain: string
}

/** Where a place comes from: a node, or with `offline` the command line. */
export interface PlaceOptions extends NodeOptions {
  readonly offline?: boolean
  readonly accountNumber?: string
  readonly sequence?: string
}

/** The place of the account that `addressOf` finds; numbers that the command line has go before the node's. */
export async function signingPlace(
  options: WithOrigins<PlaceOptions>,
  addressOf: (chainId: string) => string,
): Promise<SigningPlace> {
  const { offline, chainId, accountNumber, sequence } = options
  if (offline !== true) return atNode(options.node, () => askedPlace(options, addressOf))
  if (chainId === undefined || accountNumber === undefined || sequence === undefined) {
    throw new UsageError(
      '--offline needs --chain-id, --account-number and --sequence: there is no node to ask for them\n' +
        '  - "wadi query auth account-info ADDRESS" shows the two numbers',
    )
  }
  const address = addressOf(chainId)
  const chain = chainText(chainId, options)
  return { chainId, chain, address, accountNumber: BigInt(accountNumber), sequence: Number(sequence) }
}

/** Says on the standard error for which chain a signature is, which may stand in a file of settings. */
export function tellChain({ stderr }: RunContext, { chain }: SigningPlace): void {
  stderr.write(`signed for ${chain}\n`)
}

async function askedPlace(
  options: WithOrigins<PlaceOptions>,
  addressOf: (chainId: string) => string,
): Promise<SigningPlace> {
  const client = await WadiClient.connect(options.node, PATIENCE)
  const chainId = await checkedChainId(client, options)
  const address = addressOf(chainId)
  const nonce = await client.accountNonce(address)
  if (nonce === undefined)
    throw new CommandError(`${address} does not exist on ${chainId}`, ['send it some coins first'])
  const { accountNumber, sequence } = options
  return {
    chainId,
    chain: destinationText(chainId, options),
    address,
    accountNumber: accountNumber === undefined ? nonce.accountNumber : BigInt(accountNumber),
    sequence: sequence === undefined ? nonce.sequence : Number(sequence),
  }
}

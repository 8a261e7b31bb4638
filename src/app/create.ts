import { BinaryReader } from '@bufbuild/protobuf/wire'
import { recentText } from '#lib/recent-text.ts'
import { AnyTypes } from '#lib/strict.ts'
import type { Verifier } from '#lib/verifier.ts'
import type { Chain } from '../kernel/chain.ts'
import { App, type AppOptions } from './app.ts'
import type { ExecutorOptions } from './execute.ts'
import { SignatureCache } from './sigcache.ts'
import { SignatureChecker } from './signatures.ts'
import { DEFAULT_TX_LIMITS, type TxLimits } from './tx.ts'
import { createTxDecoder, type MessageType, type MessageTypes, type TxDecoder } from './tx-decode.ts'

/** What an application is made of, without the parts that follow from the chain. */
export interface CreateAppOptions extends Omit<AppOptions, 'decode' | 'signatures'> {
  readonly verifier: Verifier
  readonly limits?: TxLimits
  /** Verdicts on signatures that are remembered, default 100,000; or a cache, for who wants to see its counters. */
  readonly signatureCache?: number | SignatureCache
}

/** The application of a chain over a committed state. */
export function createApp(options: CreateAppOptions): App {
  const { verifier, limits, signatureCache, ...rest } = options
  const cache =
    signatureCache instanceof SignatureCache ? signatureCache : new SignatureCache(verifier, signatureCache)
  return new App({
    ...rest,
    decode: chainDecoder(options.chain, limits),
    signatures: new SignatureChecker(cache),
  })
}

/** What an executor needs to simulate transactions: it decodes them, and verifies no signature. */
export function simulatorOptions(
  chain: Chain,
  verifier: Verifier,
  limits?: TxLimits,
): Pick<ExecutorOptions, 'chain' | 'decode' | 'signatures' | 'minGasPrices'> {
  const signatures = new SignatureChecker(new SignatureCache(verifier, 2))
  return { chain, decode: chainDecoder(chain, limits), signatures, minGasPrices: [] }
}

/** Decodes transactions of a chain: its messages, and in them what its modules say an Any may hold. */
export function chainDecoder(chain: Chain, limits: TxLimits = DEFAULT_TX_LIMITS): TxDecoder {
  return createTxDecoder(messageTypes(chain), limits)
}

/** Generated code takes a reader too, and with it the way in which texts are read. */
interface Generated {
  decode(input: BinaryReader): unknown
}

const readText = (bytes: Uint8Array): string => recentText(bytes, 0, bytes.length)

function messageTypes(chain: Chain): MessageTypes {
  const types = new Map<string, MessageType>()
  for (const [typeUrl, { request }] of chain.messages) {
    types.set(typeUrl, {
      typeName: request.$type,
      decode: (bytes) => (request as unknown as Generated).decode(new BinaryReader(bytes, readText)),
    })
  }
  const any = new AnyTypes(chain.modules.flatMap(({ packed = [] }) => packed.map(({ $type }) => $type)))
  return { get: (typeUrl) => types.get(typeUrl), any }
}

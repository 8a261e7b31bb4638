import { p256 } from '@noble/curves/nist.js'
import { describe, expect, test } from 'vitest'
import { MsgMultiSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { LegacyAminoPubKey } from '#gen/cosmos/crypto/multisig/keys.ts'
import { SignDoc, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import type { Response } from '#gen/tendermint/abci/types.ts'
import { MsgAddLineage, MsgRegisterAsset, MsgRegisterReference, MsgTakeOver } from '#gen/wadi/asset/v1/tx.ts'
import { addressText } from '#lib/address.ts'
import { toByteString, toHex, utf8 } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import { signersOf } from '#lib/reflect-signers.ts'
import { portableVerifier } from '#lib/verifier-portable.ts'
import { encodeCheckTx, encodeFinalizeBlock } from '../../src/abci/responses.ts'
import { EventIndex, ResultBuffer } from '../../src/abci/results.ts'
import { decodeReplies } from '../../src/abci/testkit.ts'
import { BackWriter } from '../../src/abci/writer.ts'
import { App } from '../../src/app/app.ts'
import { chainDecoder } from '../../src/app/create.ts'
import { SignatureCache } from '../../src/app/sigcache.ts'
import { SignatureChecker } from '../../src/app/signatures.ts'
import { decodePublicKey } from '../../src/app/tx-pubkey.ts'
import { testAccounts } from '../../src/testing/accounts.ts'
import type { TestChain } from '../../src/testing/chain.ts'
import { message, type PackedMessage } from '../../src/testing/types.ts'
import { outcome, send, wadiChain } from '../support/wadi-chain.ts'

/*
 * What a stranger may send, and a proposer put into a block, without the node ending or two nodes differing.
 */

const { alice, bob, stranger } = testAccounts('alice', 'bob', 'stranger')
const accounts = [alice, bob]

/** The reply as CometBFT reads it; a value that cannot be encoded ends the node. */
function sent(write: (w: BackWriter, index: EventIndex) => void): Response {
  const w = new BackWriter(1024)
  write(w, new EventIndex(() => true))
  return decodeReplies(w.view())[0] as Response
}

describe('a gas limit beyond what a number counts', () => {
  const limits = [2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]

  test.each(limits)('(%s) is refused in CheckTx with a reply that can be sent', (gas) => {
    const chain = wadiChain({ accounts })
    chain.nextBlock()
    const response = chain.checkTx(alice.tx(chain, [send(alice, bob)], { gas }))
    expect(outcome(response)).toContain('sdk/18 invalid gas supplied')
    const { checkTx } = sent((w, index) => encodeCheckTx(w, response, index))
    expect(checkTx?.gasWanted).toBe(2n ** 53n - 1n)
  })

  test.each(limits)('(%s) in a decided block fails alone, with a reply that can be sent', (gas) => {
    const chain = wadiChain({ accounts })
    chain.nextBlock()
    const txs = [alice.tx(chain, [send(alice, bob)], { gas }), bob.tx(chain, [send(bob, alice)])]
    const { finalizeBlock } = sent((w, index) => {
      const results = new ResultBuffer(index)
      const request = { ...chain.blockRequest(txs), decidedLastCommit: undefined }
      encodeFinalizeBlock(w, chain.app.finalizeBlock(request, results), results, index)
    })
    expect(finalizeBlock?.txResults.map(({ code, gasWanted }) => [code, gasWanted])).toEqual([
      [18, 2n ** 53n - 1n],
      [0, 1_000_000n],
    ])
  })
})

describe('transactions that nobody pays for', () => {
  test('stay decoded for a few megabytes of them, however many come', () => {
    const chain = wadiChain({ accounts })
    chain.nextBlock()
    let decoded = 0
    const decode = chainDecoder(chain.chain)
    const app = new App({
      chain: chain.chain,
      state: chain.state,
      version: { software: 'test', protocol: 1n },
      decode(bytes) {
        decoded++
        return decode(bytes)
      },
      signatures: new SignatureChecker(new SignatureCache(portableVerifier)),
      minGasPrices: [],
      log: () => {},
    })
    // each of some 3,300 bytes, unsigned, from an account that does not exist
    const txs = Array.from({ length: 4_000 }, (_, i) => {
      const memo = `${'x'.repeat(3_100)}${i}`
      const bodyBytes = TxBody.encode(
        TxBody.fromPartial({ messages: [send(stranger, alice)], memo }),
      ).finish()
      return TxRaw.encode({ bodyBytes, authInfoBytes: new Uint8Array(), signatures: [] }).finish()
    })
    for (const tx of txs) expect(outcome(app.checkTx(tx, false))).toContain('sdk/41')
    expect(decoded).toBe(4_000)
    for (const tx of txs.slice(-1_000)) app.checkTx(tx, false)
    expect(decoded).toBe(4_000) // 1,000 × 3,300 bytes are less than 4 MiB: still there
    app.checkTx(txs[0] as Uint8Array, false)
    expect(decoded).toBe(4_001) // 4,000 × 3,100 bytes are more than 8 MiB: the first is forgotten
  })
})

describe('what takes long costs gas in proportion', () => {
  // A transfer takes some 120 µs and uses 25,000 gas, so a millisecond is worth 200,000.
  const license = { expression: 'MIT' }
  const content = (name: string, scheme: 1 | 4 = 4) => ({
    scheme,
    rootDigest: sha256(utf8(name)),
    sizeBytes: 1n,
    fileCount: 1,
  })
  const asset = (slug: string, parents: readonly bigint[] = []) =>
    message(MsgRegisterAsset, {
      controller: alice.address,
      kind: 1,
      slug,
      license,
      dataUse: { train: 1, mine: 1, infer: 1 },
      content: content(slug),
      parents: parents.map((assetId) => ({ assetId, version: 1, relation: 1 as const })),
    })
  const deliver = (chain: TestChain, ...messages: PackedMessage[]) => {
    const result = chain.deliver(alice.tx(chain, messages, { gas: 100_000_000n }))
    chain.advanceBlocks(20) // the contest window
    return result
  }

  test('a takeover whose signature proves nothing: 3 ms', () => {
    const chain = wadiChain({ accounts })
    chain.nextBlock()
    const keys = [{ type: 'p256', public_key: toHex(p256.getPublicKey(new Uint8Array(32).fill(3), true)) }]
    const publisherFile = utf8(JSON.stringify({ schema: 'wadi-publisher/v1', keys }))
    const fileDigests = sha256(publisherFile)
    const reference = { registrant: alice.address, kind: 1, slug: 'base', license } as const
    const files = { ...content('', 1), rootDigest: sha256(fileDigests) }
    deliver(chain, message(MsgRegisterReference, { ...reference, content: files }))
    const signature = new Uint8Array(64).fill(1)
    const takeover = { controller: alice.address, assetId: 1n, publisherFile, fileDigests, signature }
    const result = deliver(chain, message(MsgTakeOver, takeover))
    expect(outcome(result)).toContain('asset/32')
    expect(result.gasUsed).toBeGreaterThan(600_000)
  })

  test('a late link that looks at descendants: 20 µs for each', () => {
    const chain = wadiChain({ accounts, checkInvariants: false })
    chain.nextBlock()
    deliver(chain, asset('one'))
    deliver(chain, asset('two', [1n]))
    deliver(chain, asset('top'), asset('other'))
    // children of the fourth that are deep enough already
    deliver(chain, ...Array.from({ length: 40 }, (_, i) => asset(`child-${i}`, [2n, 4n])))
    const link = (assetId: bigint) => {
      const signers = { controller: alice.address, parentController: alice.address }
      const parent = { assetId: 1n, version: 1, relation: 1 } as const
      return deliver(chain, message(MsgAddLineage, { ...signers, assetId, version: 1, parent }))
    }
    const [none, forty] = [link(3n), link(4n)]
    expect([none, forty].map(outcome)).toEqual(['ok', 'ok'])
    expect((forty.gasUsed - none.gasUsed) / 40).toBeGreaterThan(3_000)
  })
})

test('a node judges the transactions of its own proposal anew when they come with another time', () => {
  const chain = wadiChain({ accounts })
  chain.nextBlock()
  const now = chain.time.seconds
  const body = { messages: [send(alice, bob)], timeoutTimestamp: { seconds: now + 5n, nanos: 0 } }
  const bodyBytes = TxBody.encode(TxBody.fromPartial(body)).finish()
  const { authInfoBytes } = TxRaw.decode(alice.tx(chain, [send(alice, bob)]))
  const document = { bodyBytes, authInfoBytes, chainId: chain.chainId, accountNumber: 0n }
  const signatures = [alice.signBytes(SignDoc.encode(document).finish())]
  const tx = TxRaw.encode({ bodyBytes, authInfoBytes, signatures }).finish()

  const early = chain.blockRequest([tx], { time: now + 5n })
  const late = chain.blockRequest([tx], { time: now + 6n })
  const accepts = (block: typeof early) =>
    chain.app.processProposal({ ...block, proposedLastCommit: undefined })
  const { txs } = chain.app.prepareProposal({ ...early, maxTxBytes: 10_000, localLastCommit: undefined })
  expect(txs).toEqual([tx])
  expect([accepts(early), accepts(late)]).toEqual([true, false])
})

describe('refused before it costs more than reading it is', () => {
  const multiSend = (count: number) => {
    const address = (i: number) => addressText(toByteString(sha256(utf8(`${i}`)).subarray(0, 20)))
    const inputs = Array.from({ length: count }, (_, i) => ({ address: address(i) }))
    const body = TxBody.fromPartial({ messages: [message(MsgMultiSend, { inputs })] })
    return TxRaw.encode(TxRaw.fromPartial({ bodyBytes: TxBody.encode(body).finish() })).finish()
  }

  test('a message of more signers than a transaction may have signatures', () => {
    const chain = wadiChain({ accounts })
    expect(outcome(chain.checkTx(multiSend(100)))).toContain('sdk/41') // read; its gas limit is 0
    expect(outcome(chain.checkTx(multiSend(101)))).toContain('sdk/14 more than 100 signers')
  })

  test('a message of 150,000 signers, in a time that grows with its length', () => {
    const inputs = Array.from({ length: 150_000 }, (_, i) => ({ address: i.toString(36), coins: [] }))
    // comparing each with all before it would be 10^10 comparisons: the test would not end in time
    expect(signersOf(MsgMultiSend.$type, { inputs, outputs: [] })).toHaveLength(150_000)
  }, 10_000)

  test('a multisig of more keys than a transaction may have signatures', () => {
    const publicKeys = Array.from({ length: 101 }, () => alice.packedKey)
    const many = (count: number) => ({
      typeUrl: `/${LegacyAminoPubKey.$type}`,
      value: LegacyAminoPubKey.encode({ threshold: 1, publicKeys: publicKeys.slice(0, count) }).finish(),
    })
    expect(decodePublicKey(many(100)).kind).toBe('multisig')
    expect(() => decodePublicKey(many(101))).toThrow('a multisig of more than 100 keys: maximum number')
  })
})

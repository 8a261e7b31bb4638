import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { beforeEach, describe, expect, test } from 'vitest'
import { MsgAssignController, MsgTakeOver } from '#gen/wadi/asset/v1/tx.ts'
import { Derivatives } from '#gen/wadi/asset/v1/types.ts'
import { addressBytes } from '#lib/address.ts'
import { concat, toHex, utf8 } from '#lib/bytes.ts'
import { sha256 } from '#lib/hash.ts'
import { account, CHAIN_ID, Registry, refusal } from '../../test/support/registry.ts'

type Kind = 'p256' | 'ed25519' | 'secp256k1'
const SECRET = new Uint8Array(32).fill(7)
const publicKeyOf: Record<Kind, Uint8Array> = {
  p256: p256.getPublicKey(SECRET, true),
  ed25519: ed25519.getPublicKey(SECRET),
  secp256k1: secp256k1.getPublicKey(SECRET, true),
}
const sign: Record<Kind, (preimage: Uint8Array) => Uint8Array> = {
  p256: (preimage) => p256.sign(sha256(preimage), SECRET, { prehash: false, lowS: true }),
  ed25519: (preimage) => ed25519.sign(preimage, SECRET),
  secp256k1: (preimage) => secp256k1.sign(sha256(preimage), SECRET, { prehash: false, lowS: true }),
}

const KINDS: readonly Kind[] = ['p256', 'ed25519', 'secp256k1']
const publisherFile = (
  keys: object[] = KINDS.map((type) => ({ type, public_key: toHex(publicKeyOf[type]) })),
) => utf8(JSON.stringify({ schema: 'wadi-publisher/v1', publisher: 'Example Lab', keys }))

/** A file set with that publisher file in the middle: sha256 of every file, in the order of names. */
const digestsOf = (file: Uint8Array) => concat(sha256(utf8('a')), sha256(file), sha256(utf8('weights')))

/** Written out from the table of domains, not made by the code under test. */
function preimageOf(assetId: bigint, controller: string, root: Uint8Array, chainId = CHAIN_ID): Uint8Array {
  const id = new Uint8Array(8)
  new DataView(id.buffer).setBigUint64(0, assetId)
  const owner = Uint8Array.from(addressBytes(controller), (unit) => unit.charCodeAt(0))
  const chain = utf8(chainId)
  return concat(utf8('wadi/takeover/v1'), Uint8Array.of(0, chain.length), chain, id, owner, root)
}

let registry: Registry
let assetId: bigint
const lab = account('lab')
const file = publisherFile()
const root = sha256(digestsOf(file))
const register = (rootDigest: Uint8Array, slug = 'base', scheme = 1) => {
  const content = { scheme, rootDigest, sizeBytes: 9n, fileCount: scheme === 4 ? 1 : 3 }
  const made = registry.registerReference('bob', slug, { content }).assetId
  registry.endBlock(21)
  return made
}
const takeOver = (more: object = {}) =>
  registry.run(MsgTakeOver, {
    controller: lab,
    assetId,
    publisherFile: file,
    fileDigests: digestsOf(file),
    keyIndex: 0,
    signature: sign.p256(preimageOf(assetId, lab, root)),
    ...more,
  })

beforeEach(() => {
  registry = new Registry({ funded: ['alice', 'bob', 'carol', 'lab'] })
  assetId = register(root)
})

describe('a reference', () => {
  test('has no controller, is OPEN and permits everything', () => {
    const { asset } = registry.query('Asset', { assetId })
    expect([asset.reference, asset.controller, asset.creator]).toEqual([true, '', account('bob')])
    expect(asset.dataUse).toEqual({ train: 1, mine: 1, infer: 1 })
    expect(registry.version(assetId).derivatives).toBe(Derivatives.DERIVATIVES_OPEN)
  })

  test('takes everybody’s children, trained ones too', () => {
    for (const relation of [1, 5, 6]) {
      const parents = [{ assetId, version: 1, relation }]
      expect(refusal(() => registry.register('carol', `child-${relation}`, { parents }))).toBe('accepted')
    }
    registry.endBlock()
  })

  test('obeys nobody, not even who registered it', () => {
    expect(refusal(() => registry.registerVersion('bob', assetId, 'v2'))).toBe(
      'asset/26 asset is a reference that nobody controls',
    )
  })

  test('loses to an earlier commitment like everybody else', () => {
    registry.commit('alice', 'files')
    registry.endBlock(2)
    const { content, claimSalt } = reveal('files')
    const squat = registry.registerReference('bob', 'squat', { content }).assetId
    registry.register('alice', 'mine', { content, claimSalt })
    expect(registry.version(squat).status).toBe(5)
    registry.endBlock()
  })
})

describe('a takeover', () => {
  test.each(KINDS)('with the %s key that the files name is accepted', (kind) => {
    const signature = sign[kind](preimageOf(assetId, lab, root))
    takeOver({ keyIndex: KINDS.indexOf(kind), signature })
    const { asset } = registry.query('Asset', { assetId })
    expect([asset.reference, asset.controller, asset.creator]).toEqual([false, lab, account('bob')])
    expect(registry.registerVersion('lab', assetId, 'v2').version).toBe(2)
    expect(registry.query('AssetsByController', { controller: lab }).assets).toHaveLength(1)
    registry.endBlock()
  })

  test('leaves the first version OPEN: who relied on that goes on', () => {
    takeOver()
    const parents = [{ assetId, version: 1, relation: 1 }]
    expect(refusal(() => registry.register('carol', 'child', { parents }))).toBe('accepted')
  })

  test('may say what the rights holder permits, stricter than nobody’s word; who trained before stays', () => {
    const trained = { parents: [{ assetId, version: 1, relation: 6 }] }
    registry.register('carol', 'before', trained)
    const dataUse = { train: 3, mine: 2, infer: 1 }
    expect(refusal(() => takeOver({ dataUse: { train: 3 } }))).toBe('asset/6 invalid field')
    takeOver({ dataUse })
    expect(registry.query('Asset', { assetId }).asset.dataUse).toEqual(dataUse)
    expect(refusal(() => registry.register('carol', 'after', trained))).toBe(
      'asset/18 parent may not be trained on',
    )
    expect(registry.query('Children', { assetId, version: 1 }).children).toHaveLength(1)
    registry.endBlock()
  })

  test('happens once', () => {
    takeOver()
    expect(refusal(takeOver)).toBe('asset/27 asset is not a reference')
  })

  test('of an asset that somebody controls is refused', () => {
    const owned = registry.confirmed('alice', 'owned')
    expect(refusal(() => takeOver({ assetId: owned }))).toBe('asset/27 asset is not a reference')
  })

  test('waits for the contest window', () => {
    const other = publisherFile([{ type: 'ed25519', public_key: toHex(publicKeyOf.ed25519) }])
    const content = { scheme: 1, rootDigest: sha256(digestsOf(other)), sizeBytes: 9n, fileCount: 3 }
    const fresh = registry.registerReference('bob', 'fresh', { content }).assetId
    expect(refusal(() => takeOver({ assetId: fresh }))).toBe('asset/9 asset is provisional')
  })

  const bad = 'asset/32 signature does not prove the takeover'
  test('with a signature for another asset, root, controller or chain is refused', () => {
    const by = (preimage: Uint8Array) => ({ signature: sign.p256(preimage) })
    expect(refusal(() => takeOver(by(preimageOf(assetId + 1n, lab, root))))).toBe(bad)
    expect(refusal(() => takeOver(by(preimageOf(assetId, lab, sha256(root)))))).toBe(bad)
    expect(refusal(() => takeOver(by(preimageOf(assetId, account('eve'), root))))).toBe(bad)
    expect(refusal(() => takeOver(by(preimageOf(assetId, lab, root, 'wadi-1'))))).toBe(bad)
  })

  test('by somebody who copies the publisher’s message is refused', () => {
    expect(refusal(() => takeOver({ controller: account('bob') }))).toBe(bad)
  })

  test('with another key of the file, or no key of it, is refused', () => {
    expect(refusal(() => takeOver({ keyIndex: 2 }))).toBe(bad)
    expect(refusal(() => takeOver({ keyIndex: 3 }))).toBe('asset/31 publisher file is malformed')
  })

  test.each([0, 63, 64, 65, 1_000])('with %i bytes of zeros for a signature is refused', (length) => {
    expect(refusal(() => takeOver({ signature: new Uint8Array(length) }))).toBe(bad)
  })

  test('with a publisher file signed for somebody else’s bytes is refused', () => {
    // The lab's file and signature are genuine, but the reference stands for other bytes.
    const theirs = concat(sha256(utf8('their weights')))
    const other = register(sha256(theirs), 'theirs')
    const signature = sign.p256(preimageOf(other, lab, sha256(theirs)))
    const attempt = { assetId: other, signature }
    expect(refusal(() => takeOver(attempt))).toBe('asset/29 file digests do not make up the root digest')
    expect(refusal(() => takeOver({ ...attempt, fileDigests: theirs }))).toBe(
      'asset/30 publisher file is not part of the file set',
    )
  })

  test('with a publisher file of one’s own making is refused', () => {
    const own = publisherFile([{ type: 'p256', public_key: toHex(publicKeyOf.p256) }])
    expect(refusal(() => takeOver({ publisherFile: own }))).toBe(
      'asset/30 publisher file is not part of the file set',
    )
  })

  test('with digests reordered, cut, or not a multiple of 32 bytes is refused', () => {
    const digests = digestsOf(file)
    const reordered = concat(digests.subarray(32, 64), digests.subarray(0, 32), digests.subarray(64))
    for (const fileDigests of [reordered, digests.subarray(32), digests.subarray(1), new Uint8Array()]) {
      expect(refusal(() => takeOver({ fileDigests }))).toBe(
        'asset/29 file digests do not make up the root digest',
      )
    }
  })

  test('of 4,096 files is accepted, of 4,097 refused', () => {
    for (const [files, expected] of [
      [4_096, 'accepted'],
      [4_097, 'asset/29 file digests do not make up the root digest'],
    ] as const) {
      const fileDigests = concat(
        ...Array.from({ length: files - 1 }, (_, i) => sha256(utf8(`${i}`))),
        sha256(file),
      )
      const big = register(sha256(fileDigests), `big-${files}`)
      const signature = sign.p256(preimageOf(big, lab, sha256(fileDigests)))
      expect(refusal(() => takeOver({ assetId: big, fileDigests, signature }))).toBe(expected)
    }
  })

  test('under a scheme that does not list files is refused', () => {
    const single = register(sha256(utf8('one file')), 'single', 4)
    expect(refusal(() => takeOver({ assetId: single }))).toBe('asset/28 takeover needs a file set')
  })

  const p256Key = toHex(publicKeyOf.p256)
  test.each([
    [
      'more than 4,096 bytes',
      utf8(`${JSON.stringify({ schema: 'wadi-publisher/v1', keys: [] })}${' '.repeat(4_096)}`),
    ],
    ['no JSON', utf8('keys: []')],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['a list', utf8('[]')],
    ['null', utf8('null')],
    ['another schema', utf8(JSON.stringify({ keys: [{ type: 'p256', public_key: p256Key }] }))],
    ['no keys', publisherFile([])],
    ['17 keys', publisherFile(Array.from({ length: 17 }, () => ({ type: 'p256', public_key: p256Key })))],
    ['a key of another type', publisherFile([{ type: 'rsa', public_key: p256Key }])],
    ['a key of another length', publisherFile([{ type: 'ed25519', public_key: p256Key }])],
    ['a key that is not hexadecimal', publisherFile([{ type: 'p256', public_key: 'zz'.repeat(33) }])],
    ['a key that is no text', publisherFile([{ type: 'p256', public_key: 7 }])],
    ['4,000 brackets', utf8('['.repeat(4_000))],
  ])('with a publisher file of %s is refused', (_, malformed) => {
    const digests = digestsOf(malformed)
    const other = register(sha256(digests), 'other')
    const signature = sign.p256(preimageOf(other, lab, sha256(digests)))
    const attempt = { assetId: other, publisherFile: malformed, fileDigests: digests, signature }
    expect(refusal(() => takeOver(attempt))).toBe('asset/31 publisher file is malformed')
  })

  test('with a key that is no point of the curve is refused', () => {
    const offCurve = publisherFile([{ type: 'secp256k1', public_key: `02${'ff'.repeat(32)}` }])
    const digests = digestsOf(offCurve)
    const other = register(sha256(digests), 'other')
    const signature = sign.secp256k1(preimageOf(other, lab, sha256(digests)))
    expect(
      refusal(() => takeOver({ assetId: other, publisherFile: offCurve, fileDigests: digests, signature })),
    ).toBe(bad)
  })
})

describe('assigning a controller', () => {
  const assign = (more: object = {}) =>
    registry.run(MsgAssignController, { authority: registry.authority, assetId, controller: lab, ...more })

  test('is the authority’s way where the files name no key', () => {
    assign()
    expect(registry.query('Asset', { assetId }).asset.controller).toBe(lab)
    expect(registry.takeEvents().at(-1)).toBe('EventReferenceClaimed')
    expect(refusal(assign)).toBe('asset/27 asset is not a reference')
    registry.endBlock()
  })

  test('is refused to everybody else, for owned assets, and to what is no account', () => {
    expect(refusal(() => assign({ authority: lab }))).toBe('sdk/4 unauthorized')
    const owned = registry.confirmed('alice', 'owned')
    expect(refusal(() => assign({ assetId: owned }))).toBe('asset/27 asset is not a reference')
    expect(refusal(() => assign({ controller: 'lab' }))).toBe('asset/6 invalid field')
    expect(refusal(() => assign({ assetId: 99n }))).toBe('asset/2 asset not found')
  })
})

function reveal(text: string) {
  const content = { scheme: 1, rootDigest: sha256(utf8(text)), sizeBytes: 9n, fileCount: 3 }
  return { content, claimSalt: sha256(utf8(`salt ${text}`)) }
}

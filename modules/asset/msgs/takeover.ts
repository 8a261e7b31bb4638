import { EventReferenceClaimed } from '#gen/wadi/asset/v1/events.ts'
import type {
  MsgAssignController,
  MsgAssignControllerResponse,
  MsgTakeOver,
  MsgTakeOverResponse,
} from '#gen/wadi/asset/v1/tx.ts'
import {
  type Asset,
  type Content,
  type DataUse,
  DigestScheme,
  type Params,
} from '#gen/wadi/asset/v1/types.ts'
import { fail, requireAuthority, type TxContext } from '#kernel'
import { addressBytes } from '#lib/address.ts'
import { equalBytes, toHex } from '#lib/bytes.ts'
import { domainPreimage } from '#lib/domains.ts'
import { sha256 } from '#lib/hash.ts'
import { signatureJob } from '#lib/signature.ts'
import { portableVerifier } from '#lib/verifier-portable.ts'
import { requireConfirmed } from '../access.ts'
import { checkDataUse, checkRecipient } from '../checks.ts'
import { touchAsset, versionOf } from '../due.ts'
import { err } from '../errors.ts'
import { paramsOf } from '../params.ts'
import { publisherKeys } from '../publisher.ts'
import { state } from '../state.ts'

const DIGEST_BYTES = 32
/**
 * Gas for one signature by any of the three schemes. The slowest, P-256, takes some 3 ms, in which a block executes
 * 20 transfers; at the price of an account's signature one block of takeovers that prove nothing would last half
 * a minute.
 */
const SIGNATURE_GAS = 600_000

/** The publisher of a reference's files takes it over with a key that those very files name. */
export function takeOver(ctx: TxContext, msg: MsgTakeOver): MsgTakeOverResponse {
  const { controller, assetId, publisherFile, fileDigests, keyIndex, signature, dataUse } = msg
  const params = paramsOf(ctx)
  const asset = referenceAsset(ctx, assetId)
  const { content } = versionOf(ctx, assetId, 1)
  const root = checkFileSet(params, content, publisherFile, fileDigests)
  const keys = publisherKeys(publisherFile)
  const key =
    keys[keyIndex] ?? fail(err.publisherFile(`key_index ${keyIndex}: the file lists ${keys.length} keys`))
  ctx.consumeGas(SIGNATURE_GAS, 'takeover signature')
  const owner = addressBytes(controller)
  const preimage = domainPreimage('wadi/takeover/v1', ctx.chainId, {
    assetId,
    controller: owner,
    digest: root,
  })
  const [isValid] = portableVerifier.batch([signatureJob(key, preimage, signature, sha256)])
  if (isValid !== true) {
    throw err.takeoverSignature(
      `${key.kind} key ${keyIndex} did not sign asset ${assetId} over to ${controller}`,
    )
  }

  giveTo(ctx, asset, { controller, dataUse, assigned: false })
  return {}
}

/** The parameter authority's word, for references whose files name no key. */
export function assignController(ctx: TxContext, msg: MsgAssignController): MsgAssignControllerResponse {
  const { authority, assetId, controller, dataUse } = msg
  requireAuthority(ctx, authority)
  checkRecipient('controller', controller)
  const asset = referenceAsset(ctx, assetId)

  giveTo(ctx, asset, { controller, dataUse, assigned: true })
  return {}
}

function referenceAsset(ctx: TxContext, id: bigint): Asset {
  const asset = touchAsset(ctx, id)
  if (!asset.reference) throw err.notReference(`asset ${id} of ${asset.controller}`)
  return requireConfirmed(asset)
}

interface Claimed {
  readonly controller: string
  readonly dataUse: DataUse | undefined
  readonly assigned: boolean
}

/** What a reference permitted was nobody's word, so the rights holder's first word on it may be stricter. */
function giveTo(
  ctx: TxContext,
  asset: Asset,
  { controller, dataUse = asset.dataUse, assigned }: Claimed,
): void {
  checkDataUse(dataUse)
  state.assets.put(ctx, { ...asset, controller, dataUse, reference: false })
  ctx.emit(EventReferenceClaimed, { assetId: asset.id, controller, assigned, dataUse })
}

/** The root digest, if the digests lead to it and the publisher file is one of the files. */
function checkFileSet(
  params: Params,
  content: Content | undefined,
  publisherFile: Uint8Array,
  fileDigests: Uint8Array,
): Uint8Array {
  if (content?.scheme !== DigestScheme.DIGEST_SCHEME_OMS_FILES_V1) {
    throw err.takeoverScheme('only an OMS_FILES_V1 root digest proves what is in the file set')
  }
  const { takeoverMaxFiles, takeoverFileBytes } = params
  const files = fileDigests.length / DIGEST_BYTES
  if (!Number.isInteger(files) || files < 1 || files > takeoverMaxFiles) {
    const expected = `a multiple of 32 up to ${DIGEST_BYTES * takeoverMaxFiles}`
    throw err.takeoverFiles(`file_digests of ${fileDigests.length} bytes, expected ${expected}`)
  }
  if (publisherFile.length > takeoverFileBytes) {
    throw err.publisherFile(`${publisherFile.length} bytes, at most ${takeoverFileBytes}`)
  }
  const root = sha256(fileDigests)
  if (!equalBytes(root, content.rootDigest)) {
    throw err.takeoverFiles(`sha256 of file_digests is ${toHex(root)}, not ${toHex(content.rootDigest)}`)
  }
  const own = sha256(publisherFile)
  for (let at = 0; at < fileDigests.length; at += DIGEST_BYTES) {
    if (equalBytes(own, fileDigests.subarray(at, at + DIGEST_BYTES))) return root
  }
  throw err.takeoverFile(`its sha256 ${toHex(own)} is not among the ${files} digests`)
}

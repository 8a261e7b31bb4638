import {
  AssetKind,
  type Content,
  type DataUse,
  Derivatives,
  DigestScheme,
  type LicenseText,
  type Metadata,
  type Params,
  type Parent,
  Permission,
  Relation,
} from '#gen/wadi/asset/v1/types.ts'
import { type AppError, findModuleAccount } from '#kernel'
import { addressBytes } from '#lib/address.ts'
import { clip, ValueError } from '#lib/bytes.ts'
import { err } from './errors.ts'

/*
 * What a message may contain, whatever the state. Every refusal names the field, the value and what is expected.
 */

const SLUG = /^[a-z0-9][a-z0-9-]*$/
// RFC 6838: type/subtype of restricted names, with optional parameters as RFC 9110 writes them.
const MEDIA_TYPE =
  /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*(?:; ?[a-z0-9-]+=[A-Za-z0-9._+-]+)*$/
// SPDX 3, annex B: identifiers, operators and parentheses; never parsed further.
const LICENSE = /^[A-Za-z0-9(][A-Za-z0-9.+:() -]*$/
// A scheme we know and the characters of RFC 3986.
const LOCATOR = /^(?:https|ipfs|hf|oci|ar):\/\/[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/
const DIGEST_BYTES = 32

const refuse = (field: string, value: string, expected: string): AppError =>
  err.invalidField(`${field} ${value}, expected ${expected}`)

/** A bech32 address that no signature vouches for. */
export function checkAddress(field: string, text: string): void {
  try {
    addressBytes(text)
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw err.invalidField(`${field}: ${error.message}`)
  }
}

/** Who may be given an asset: nobody could ever sign for a module account. */
export function checkRecipient(field: string, text: string): void {
  checkAddress(field, text)
  const account = findModuleAccount(text)
  if (account !== undefined) {
    throw refuse(field, clip(text), `an account that can sign, not module account ${account.name}`)
  }
}

export function checkDigest(field: string, bytes: Uint8Array): void {
  if (bytes.length !== DIGEST_BYTES) throw refuse(field, `of ${bytes.length} bytes`, `${DIGEST_BYTES}`)
}

/** Empty, or 32 bytes. */
export function checkOptionalDigest(field: string, bytes: Uint8Array): void {
  if (bytes.length !== 0 && bytes.length !== DIGEST_BYTES) {
    throw refuse(field, `of ${bytes.length} bytes`, `${DIGEST_BYTES}, or none`)
  }
}

export function checkSlug(slug: string, params: Params): void {
  if (slug.length > params.slugBytes || !SLUG.test(slug)) {
    throw refuse('slug', clip(slug), `[a-z0-9][a-z0-9-]* of at most ${params.slugBytes} bytes`)
  }
}

function checkEnum(field: string, value: number, names: Readonly<Record<string, number>>): void {
  if (value !== 0 && Object.values(names).includes(value)) return
  const known = Object.keys(names).filter((name) => names[name] !== 0)
  throw refuse(field, `${value}`, `one of ${known.join(', ')}`)
}

export const checkKind = (kind: AssetKind): void => checkEnum('kind', kind, AssetKind)

export function checkMetadata(metadata: Metadata, params: Params): void {
  const { mediaType, digest } = metadata
  if (mediaType.length > params.mediaTypeBytes || !MEDIA_TYPE.test(mediaType)) {
    const expected = `a media type in lower case of at most ${params.mediaTypeBytes} bytes, such as text/markdown`
    throw refuse('metadata.media_type', clip(mediaType), expected)
  }
  checkDigest('metadata.digest', digest)
}

/** The licence text, which must be there. */
export function checkLicense(license: LicenseText | undefined, params: Params): LicenseText {
  const expected = `an SPDX expression of at most ${params.licenseBytes} bytes, such as Apache-2.0 or NOASSERTION`
  if (license === undefined) throw refuse('license', 'left out', expected)
  const { expression, textDigest } = license
  if (expression.length > params.licenseBytes || !LICENSE.test(expression)) {
    throw refuse('license.expression', clip(expression), expected)
  }
  checkOptionalDigest('license.text_digest', textDigest)
  if (expression.includes('LicenseRef-') && textDigest.length === 0) {
    throw refuse('license.text_digest', 'left out', 'the sha256 of the text that LicenseRef- names')
  }
  return license
}

/** Data use, which must be there with all three permissions said. */
export function checkDataUse(dataUse: DataUse | undefined): DataUse {
  if (dataUse === undefined) throw refuse('data_use', 'left out', 'train, mine and infer')
  checkEnum('data_use.train', dataUse.train, Permission)
  checkEnum('data_use.mine', dataUse.mine, Permission)
  checkEnum('data_use.infer', dataUse.infer, Permission)
  return dataUse
}

/** The content, which must be there. */
export function checkContent(content: Content | undefined): Content {
  if (content === undefined)
    throw refuse('content', 'left out', 'scheme, root_digest, size_bytes and file_count')
  checkEnum('content.scheme', content.scheme, DigestScheme)
  checkDigest('content.root_digest', content.rootDigest)
  if (content.sizeBytes === 0n) throw refuse('content.size_bytes', '0', 'at least 1')
  const single = content.scheme === DigestScheme.DIGEST_SCHEME_SHA256_FILE
  if (content.fileCount === 0 || (single && content.fileCount !== 1)) {
    throw refuse('content.file_count', `${content.fileCount}`, single ? '1 under SHA256_FILE' : 'at least 1')
  }
  return content
}

export function checkLocators(locators: readonly string[], params: Params): void {
  if (locators.length > params.maxLocators) {
    throw refuse('locators', `${locators.length} in number`, `at most ${params.maxLocators}`)
  }
  for (const [i, locator] of locators.entries()) {
    if (locator.length > params.locatorBytes || !LOCATOR.test(locator)) {
      const expected = `an https://, ipfs://, hf://, oci:// or ar:// URI of at most ${params.locatorBytes} bytes`
      throw refuse(`locators[${i}]`, clip(locator), expected)
    }
    if (locators.indexOf(locator) !== i) throw refuse(`locators[${i}]`, clip(locator), 'each locator once')
  }
}

/** What was left out means LICENSED. */
export function derivativesOf(derivatives: Derivatives): Derivatives {
  if (derivatives === Derivatives.DERIVATIVES_UNSPECIFIED) return Derivatives.DERIVATIVES_LICENSED
  checkEnum('derivatives', derivatives, Derivatives)
  return derivatives
}

export function checkParent(field: string, parent: Parent): void {
  checkEnum(`${field}.relation`, parent.relation, Relation)
  if (parent.licenseId !== 0n) {
    throw err.notYetSupported(
      `${field}.license_id ${parent.licenseId}: there are no licences yet, leave it out`,
    )
  }
}

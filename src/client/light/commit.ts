import { precommitSignBytes } from '#lib/block-hash.ts'
import { equalBytes, toHex } from '#lib/bytes.ts'
import { verifyEd25519 } from './ed25519.ts'
import { VerificationError } from './errors.ts'
import type { LightValidator } from './hashes.ts'
import type { SignedHeader, ValidatorSet } from './light-block.ts'

/** Votes of one commit that were found to be good, by their place, so that none is verified twice. */
export type GoodVotes = Set<number>

/** A vote that counts, and whose it is. */
interface DueVote {
  readonly index: number
  readonly validator: LightValidator
}

/**
 * That more than two thirds of the power of a set have signed a header (`VerifyCommitLight`). The votes stand in the
 * order of the set.
 */
export async function verifyCommit(
  chainId: string,
  signed: SignedHeader,
  { validators, power }: ValidatorSet,
  good: GoodVotes = new Set(),
): Promise<void> {
  const { votes, height } = signed
  if (votes.length !== validators.length) {
    const told = `the commit of ${height} has ${votes.length} votes for ${validators.length} validators`
    throw new VerificationError('vote', told)
  }
  const due: DueVote[] = []
  let counted = 0n
  for (const [index, { forBlock, address }] of votes.entries()) {
    if (!forBlock) continue
    const validator = validators[index] as LightValidator
    if (!equalBytes(address, validator.address)) {
      const [found, wanted] = [toHex(address), toHex(validator.address)]
      throw new VerificationError('vote', `vote ${index} of ${height} is by ${found} where ${wanted} is due`)
    }
    due.push({ index, validator })
    counted += validator.power
    if (counted * 3n > power * 2n) return checkSignatures(chainId, signed, due, good)
  }
  const told = `header ${height} is signed by ${counted} of ${power}: more than two thirds are due`
  throw new VerificationError('power', told)
}

/**
 * Whether more than a third of the power of a trusted set has signed a later header
 * (`VerifyCommitLightTrusting`): then at least one of them is honest, so the header is the chain's.
 */
export async function trustedHaveSigned(
  chainId: string,
  signed: SignedHeader,
  { validators, power }: ValidatorSet,
  good: GoodVotes = new Set(),
): Promise<boolean> {
  const trusted = new Map(validators.map((validator) => [toHex(validator.address), validator]))
  const seen = new Set<string>()
  const due: DueVote[] = []
  let counted = 0n
  for (const [index, vote] of signed.votes.entries()) {
    const address = toHex(vote.address)
    const validator = vote.forBlock ? trusted.get(address) : undefined
    if (validator === undefined) continue
    if (seen.has(address))
      throw new VerificationError('vote', `${address} votes twice in the commit of ${signed.height}`)
    seen.add(address)
    due.push({ index, validator })
    counted += validator.power
    if (counted * 3n > power) {
      await checkSignatures(chainId, signed, due, good)
      return true
    }
  }
  return false
}

// A validator's address is the hash of its key, so a vote that is good for one set is good for every other.
async function checkSignatures(
  chainId: string,
  { header, round, blockId, votes, height }: SignedHeader,
  due: readonly DueVote[],
  good: GoodVotes,
): Promise<void> {
  const check = async ({ index, validator: { key, address } }: DueVote): Promise<void> => {
    const vote = votes[index]
    if (vote === undefined || good.has(index)) return
    const bytes = precommitSignBytes(chainId, { height: header.height, round, blockId, timestamp: vote.time })
    if (!(await verifyEd25519(vote.signature, bytes, key))) {
      const told = `the signature of ${toHex(address)} (vote ${index}) on header ${height} is wrong`
      throw new VerificationError('signature', told)
    }
    good.add(index)
  }
  await Promise.all(due.map(check))
}

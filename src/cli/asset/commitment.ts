import { randomBytes } from 'node:crypto'
import { addressBytes } from '#lib/address.ts'
import { fromHex, toHex } from '#lib/bytes.ts'
import { domainPreimage } from '#lib/domains.ts'
import { sha256 } from '#lib/hash.ts'
import { WadiClient } from '../../client/client.ts'
import type { RunContext } from '../context.ts'
import { UsageError } from '../errors.ts'
import { print } from '../output.ts'
import { addressBook, atNode, openKeyring, PATIENCE } from '../session.ts'
import type { CommitmentOptions } from './command.ts'
import { hashPath } from './hash.ts'

/** `wadi asset commitment`: what an account commits to before it shows these files. */
export async function runCommitment(
  context: RunContext,
  path: string,
  options: CommitmentOptions,
): Promise<void> {
  const salt = readSalt(options.salt)
  const { root } = await hashPath(path, options.ignore ?? [], context.stderr)
  const chainId = options.chainId ?? (await atNode(options.node, () => askedChainId(options.node)))
  const owner = addressBook(openKeyring(options), chainId)(options.from)
  const fields = { owner: addressBytes(owner), digest: root, salt }
  await print(context, options.output, {
    chain_id: chainId,
    owner,
    root_digest: toHex(root),
    salt: toHex(salt),
    commitment: toHex(sha256(domainPreimage('wadi/claim/v1', chainId, fields))),
  })
  context.stderr.write('Keep the salt to yourself: --claim-salt of the registration opens the commitment.\n')
}

const askedChainId = async (node: string) => (await WadiClient.connect(node, PATIENCE)).chainId()

function readSalt(text: string | undefined): Uint8Array {
  if (text === undefined) return randomBytes(32)
  if (/^(?:0x)?[0-9a-f]{64}$/i.test(text)) return fromHex(text.replace(/^0x/, '').toLowerCase())
  throw new UsageError('--salt is not 32 bytes in hex\n  - write 64 digits, or leave it out for new ones')
}

import { readFileSync } from 'node:fs'
import { MsgSend } from '#gen/cosmos/bank/v1beta1/tx.ts'
import { AuthInfo, type Tx, TxBody, TxRaw } from '#gen/cosmos/tx/v1beta1/tx.ts'
import { fromJson } from '#lib/proto-json.ts'
import { nativeVerifier } from '#lib/verifier-native.ts'
import { signatureJobs } from '../../app/sign.ts'
import { createTxDecoder } from '../../app/tx-decode.ts'
import type { SigningAccount, TxPublicKey } from '../../kernel/ante.ts'
import { type Ran, run, Scratch } from '../testkit.ts'

export const CHAIN_ID = 'wadi-test-1'

/** What `--offline` has to be told, for account 7 at sequence 3. */
export const PLACE = [
  '--offline',
  '--chain-id',
  CHAIN_ID,
  '--account-number',
  '7',
  '--sequence',
  '3',
] as const

const scratch = new Scratch('tx')

/** Commands of `wadi tx` that know no keyring. */
const KEYLESS: readonly unknown[] = ['broadcast', 'encode', 'decode', 'wait']

/** Runs a command line in this process, on a test keyring of its own. */
export function cli(...argv: string[]): Promise<Ran> {
  const keys = argv[0] === 'keys' || (argv[0] === 'tx' && !KEYLESS.includes(argv[1]))
  const own = keys ? ['--home', scratch.path, '--keyring-backend', 'test'] : []
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  return run(...argv.slice(0, end), ...own, ...argv.slice(end))
}

/** What a command that has to succeed prints. */
export async function ok(...argv: string[]): Promise<string> {
  const { code, out, err } = await cli(...argv)
  if (code !== 0) throw new Error(`wadi ${argv.join(' ')} ended with ${code}: ${err}`)
  return out
}

/** Writes a file and returns its path. */
export const file = (name: string, text: string): string => scratch.file(name, text)

export const read = (path: string): string => readFileSync(path, 'utf8')

/** An unsigned transaction as `--generate-only` prints it: a send of 5awadi. */
export function unsignedSend(from: string, body: object = {}, fee: object = {}): string {
  const message = {
    '@type': '/cosmos.bank.v1beta1.MsgSend',
    from_address: from,
    to_address: from,
    amount: [{ denom: 'awadi', amount: '5' }],
  }
  return JSON.stringify({
    body: { messages: [message], memo: 'a < b & c', timeout_height: '900', ...body },
    auth_info: {
      signer_infos: [],
      fee: { amount: [{ denom: 'awadi', amount: '200' }], gas_limit: '200000', ...fee },
    },
    signatures: [],
  })
}

const decode = createTxDecoder(
  new Map([[`/${MsgSend.$type}`, { typeName: MsgSend.$type, decode: (bytes) => MsgSend.decode(bytes) }]]),
)

/** The node's verdicts on the signatures of a printed transaction, for account 7 at sequence 3 unless said. */
export function verdicts(printed: string, account: Partial<SigningAccount> = {}): boolean[] {
  const { body, authInfo, signatures } = fromJson<Tx>('cosmos.tx.v1beta1.Tx', JSON.parse(printed))
  const bytes = TxRaw.encode({
    bodyBytes: TxBody.encode(TxBody.fromPartial(body ?? {})).finish(),
    authInfoBytes: AuthInfo.encode(AuthInfo.fromPartial(authInfo ?? {})).finish(),
    signatures,
  }).finish()
  const tx = decode(bytes)
  const publicKey = tx.signerInfos[0]?.publicKey as TxPublicKey
  const jobs = signatureJobs(tx, 0, { accountNumber: 7n, sequence: 3n, publicKey, ...account }, CHAIN_ID)
  return nativeVerifier().batch(jobs)
}

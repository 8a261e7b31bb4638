import type { Refusal } from '../client/errors.ts'

/** What to do about refusals that people meet often, by codespace and code. */
const fixes: Readonly<Record<string, string>> = {
  'sdk 4':
    'the signature does not fit: look whether --chain-id, --from and the keyring are those of this chain',
  'sdk 5': 'the account has too little: "wadi query bank balances ADDRESS" says how much',
  'sdk 11': 'the gas limit was too low: leave --gas at auto, or raise --gas-adjustment',
  'sdk 13': 'the fee is below what the node takes: leave out --fees, or raise --gas-prices',
  'sdk 19': 'the same transaction is waiting already: look it up by its hash',
  'sdk 20': 'the node has too many transactions waiting: try again in a moment',
  'sdk 22': 'look whether the address, number or name is right, and whether the node is of the right chain',
  'sdk 30': 'the transaction came too late: leave out --timeout-height, or raise it',
  'sdk 32': 'another transaction of the account came first: send it again',
}

/** The fix of an error, if it is a refusal whose fix is known. */
export function fixOf(error: Error): string | undefined {
  const { codespace, code } = error as Partial<Refusal>
  return codespace === undefined || code === undefined ? undefined : fixes[`${codespace} ${code}`]
}

/** What the file system refuses, by its error code. */
const fileProblems: Readonly<Record<string, readonly [problem: string, fix: string]>> = {
  ENOENT: ['does not exist', 'look whether the path is right'],
  ENOTDIR: ['leads through a file', 'name a path whose upper parts are folders'],
  EISDIR: ['is a folder, not a file', 'name the file in it'],
  EEXIST: ['is there already', 'choose another path, or move it away'],
  EACCES: ['may not be used by you', 'change its rights (chmod, chown), or choose another path'],
  EPERM: ['may not be used by you', 'change its rights (chmod, chown), or choose another path'],
  EROFS: ['is on a disk that cannot be written', 'choose another path'],
  ENOSPC: ['does not fit: the disk is full', 'make room, or choose another disk'],
}

/** Which npm package is missing, of those that not every command needs; undefined for other errors. */
export function packageProblem(error: Error): string | undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') return undefined
  const name = /^Cannot find package '([^']+)'/.exec(error.message)?.[1]
  return name && `this command needs the npm package ${name}\n  - install it: "npm install ${name}"`
}

/** What a refusal of the file system means, with the path and what helps; undefined for other errors. */
export function fileProblem(error: Error): string | undefined {
  const { code = '', path } = error as NodeJS.ErrnoException
  const known = fileProblems[code]
  return known === undefined || path === undefined ? undefined : `${path} ${known[0]}\n  - ${known[1]}`
}

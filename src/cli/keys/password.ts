import { CommandError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { readText } from '../files.ts'
import type { AskPassword } from './keyring.ts'

const MIN_LENGTH = 8
const MAX_FILE_BYTES = 64 * 1024

/** Passwords from a file, from `$WADI_PASSWORD`, or from whoever sits at the terminal. */
export function passwordSource(file: string | undefined): AskPassword {
  return async (question, confirm = false) => {
    const given = file === undefined ? process.env['WADI_PASSWORD'] : firstLine(file)
    if (given !== undefined) return confirm ? checked(given) : given
    if (!process.stdin.isTTY) {
      throw new CommandError(
        'a password is needed, and nobody is at the terminal to be asked',
        ['give it with --password-file or $WADI_PASSWORD'],
        EXIT.locked,
      )
    }
    return confirm ? newPassword(question) : askOnce(question)
  }
}

async function askOnce(message: string): Promise<string> {
  const { default: password } = await import('@inquirer/password')
  return password({ message, mask: true }, { output: process.stderr })
}

async function newPassword(question: string): Promise<string> {
  const password = checked(await askOnce(`${question} (at least ${MIN_LENGTH} characters)`))
  if ((await askOnce('Once more')) === password) return password
  throw new CommandError('the two passwords differ', ['try again'])
}

function checked(password: string): string {
  if (password.length >= MIN_LENGTH) return password
  throw new CommandError(`the password is shorter than ${MIN_LENGTH} characters`, [
    'take a longer one; without any: --keyring-backend test, for keys that hold nothing of value',
  ])
}

function firstLine(file: string): string {
  try {
    return readText(file, MAX_FILE_BYTES).split(/\r?\n/)[0] ?? ''
  } catch (error) {
    throw new CommandError(`the password file cannot be read: ${(error as Error).message}`)
  }
}

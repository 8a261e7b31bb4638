import { clip } from '#lib/bytes.ts'
import { sdk } from '../kernel/sdk-errors.ts'

/** Names the height that is asked about, and in the answer the height that it holds for. */
export const HEIGHT_HEADER = 'x-cosmos-block-height'

/** The height that the header names; 0, the newest, where it is missing or empty. */
export function wantedHeight(header: string | readonly string[] | undefined): number {
  if (header === undefined || header === '') return 0
  const text = String(header)
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw sdk.invalidRequest(`the header ${HEIGHT_HEADER} is ${clip(text)}, not a height`)
}

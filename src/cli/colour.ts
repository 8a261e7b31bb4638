import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** Whether a stream gets colours: NO_COLOR, then FORCE_COLOR say so for all, else only a terminal does. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR = '', FORCE_COLOR, TERM } = process.env
  // https://no-color.org: when it is there and not empty, whatever it says.
  if (NO_COLOR !== '' || FORCE_COLOR === '0' || FORCE_COLOR === 'false') return false
  return FORCE_COLOR !== undefined || (stream.isTTY === true && TERM !== 'dumb')
}

/** A text in a colour, where the stream gets colours. */
export function paint(stream: NodeJS.WriteStream, format: Format, text: string): string {
  return hasColours(stream) ? coloured(format, text) : text
}

/** A text in a colour, for who takes it out again where there are none. */
export function coloured(format: Format, text: string): string {
  return styleText(format, text, { validateStream: false })
}

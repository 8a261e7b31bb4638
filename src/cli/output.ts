import type { JsonValue } from '#lib/proto-json.ts'
import type { CliContext } from './context.ts'

/** `json` is one line and stable, for programs; `text` is YAML, for people. */
export type OutputFormat = 'text' | 'json'

/** Writes a result to the standard output. */
export async function print(context: CliContext, format: OutputFormat, value: JsonValue): Promise<void> {
  if (format === 'json') {
    context.stdout.write(`${JSON.stringify(value)}\n`)
    return
  }
  if (typeof value === 'string') {
    context.stdout.write(`${value}\n`)
    return
  }
  const { stringify } = await import('yaml')
  context.stdout.write(stringify(value, { lineWidth: 0 }))
}

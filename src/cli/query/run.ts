import { toBase64 } from '#lib/bytes.ts'
import type { JsonObject } from '#lib/proto-json.ts'
import { registerCodecs } from '#lib/reflect-codecs.ts'
import { connectComet, statusOf } from '../../client/comet.ts'
import { QueryError } from '../../client/errors.ts'
import { anyTypes } from '../../client/services.ts'
import type { RunContext } from '../context.ts'
import type { MethodCommand } from '../derived.ts'
import { CommandError, UsageError } from '../errors.ts'
import type { RequestFlags } from '../flags/request.ts'
import { parsePageKey } from '../flags/values.ts'
import type { PageOptions } from '../options.ts'
import { printMessage } from '../output-message.ts'
import { addressBook, atNode, openKeyring, PATIENCE } from '../session.ts'
import type { QueryOptions } from './command.ts'

interface QueryRun {
  readonly method: MethodCommand
  readonly flags: RequestFlags
  /** The request has a page. */
  readonly paged: boolean
  readonly args: readonly unknown[]
  readonly options: QueryOptions & Readonly<Record<string, unknown>>
}

/** Asks one query and prints the answer. */
export async function runQuery(
  context: RunContext,
  { method, flags, paged, args, options }: QueryRun,
): Promise<void> {
  const { node, output } = options
  await atNode(node, async () => {
    const comet = connectComet(node, PATIENCE)
    const network = (await statusOf(comet)).nodeInfo.network
    if (options.chainId !== undefined && options.chainId !== network) {
      throw new CommandError(`${node} is a node of ${network}, not of ${options.chainId}`)
    }
    const json = flags.read(args, options, addressBook(openKeyring(options), network))
    const page = paged ? pageRequest(options) : undefined
    const request = flags.complete(page === undefined ? json : { ...json, pagination: page })
    const { requestType, responseType, name } = method.definition
    const path = `/${method.service.fullName}/${name}`
    // Where the request has a height of its own, the option is not there.
    const height = flags.has('height') ? undefined : options.height
    const { value, code, codespace, log } = await comet.abciQuery({
      path,
      data: requestType.encode(request as never).finish(),
      ...(height === undefined ? {} : { height: Number(height) }),
    })
    if (code !== undefined && code !== 0) throw new QueryError(path, { codespace, code, log: log ?? '' })
    registerCodecs(anyTypes())
    await printMessage(context, output, responseType.$type, responseType.decode(value) as object)
  })
}

/** The page that the options describe, as proto JSON; undefined for the first one as the node likes it. */
export function pageRequest(options: PageOptions): JsonObject | undefined {
  const { pageKey, limit, offset, countTotal, reverse } = options
  if (pageKey !== undefined && offset !== undefined)
    throw new UsageError('--page-key and --offset exclude each other')
  const page: JsonObject = {}
  if (pageKey !== undefined) page['key'] = toBase64(parsePageKey(pageKey))
  if (limit !== undefined) page['limit'] = limit
  if (offset !== undefined) page['offset'] = offset
  if (countTotal === true) page['count_total'] = true
  if (reverse === true) page['reverse'] = true
  return Object.keys(page).length === 0 ? undefined : page
}

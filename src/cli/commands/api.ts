import { type Command, Option } from 'commander'
import { connectComet, statusOf } from '../../client/comet.ts'
import { queryApi } from '../../client/queries.ts'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import { addNodeOptions, type NodeOptions, nodeUrl } from '../options.ts'
import { print } from '../output.ts'
import { atNode, PATIENCE } from '../session.ts'

interface KeplrCommandOptions extends NodeOptions {
  readonly rest: string
  readonly publicRpc?: string
}

/** The commands that describe the chain to other programs. */
export function addApiCommands(program: Command, context: RunContext): void {
  addOpenApi(program, context)
  addKeplr(program, context)
}

function addOpenApi(program: Command, context: RunContext): void {
  const command = program
    .command('openapi')
    .description('print the OpenAPI 3.1 description of REST, which nodes serve at /openapi.json')
  addExample(command, 'wadi openapi > openapi.json').action(async () => {
    const { openApiJson } = await import('../../query/rest-pages.ts')
    const { servicesOf } = await import('../../query/routes.ts')
    const { NODE_SERVICES } = await import('../../query/services/names.ts')
    const { name, queries } = await context.loadChain()
    const services = [...servicesOf(queries.keys()), ...NODE_SERVICES]
    context.stdout.write(`${openApiJson({ name, software: context.version, services })}\n`)
  })
}

function addKeplr(program: Command, context: RunContext): void {
  const command = program
    .command('keplr')
    .description('print what Keplr needs to know the chain, for window.keplr.experimentalSuggestChain')
    .addOption(
      new Option('--rest <url>', 'REST as the wallet reaches it')
        .argParser(nodeUrl)
        .default('http://127.0.0.1:1317'),
    )
    .addOption(
      new Option('--public-rpc <url>', 'RPC as the wallet reaches it, if not --node').argParser(nodeUrl),
    )
  addExample(command, 'wadi keplr --rest https://rest.example --public-rpc https://rpc.example')
  addNodeOptions(command).action(async (options: KeplrCommandOptions) => {
    const { node, rest, publicRpc = node, output } = options
    const { keplrChainInfo } = await import('../../query/keplr.ts')
    const { ServiceDefinition } = await import('#gen/cosmos/base/node/v1beta1/query.ts')
    const info = await atNode(node, async () => {
      const comet = connectComet(node, PATIENCE)
      const chainId = (await statusOf(comet)).nodeInfo.network
      const { minimumGasPrice } = await queryApi(comet, ServiceDefinition).config()
      return keplrChainInfo({ chainId, rpc: publicRpc, rest, minGasPrices: minimumGasPrice })
    })
    await print(context, output, info)
  })
}

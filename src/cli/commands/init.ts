import { existsSync } from 'node:fs'
import { CommandError, UsageError } from '../errors.ts'
import { inFile, membersOf, readGenesis } from '../genesis/document.ts'
import { readAddress } from '../keys/key.ts'
import { initHome } from '../node/home.ts'
import { type AppState, readTemplate, type TemplateName } from './templates.ts'

interface InitOptions {
  readonly home: string
  readonly chainId?: string
  readonly template: TemplateName
  readonly genesis?: string
  readonly authority?: string
}

/** Makes a home: of a new chain with this node as its validator, or of a chain that exists. */
export function runInit(moniker: string, options: InitOptions): Record<string, string> {
  const { home, genesis } = options
  const made = genesis === undefined ? newChain(moniker, options) : joining(moniker, options, genesis)
  const { paths, nodeId } = made
  return { home: paths.home, node_id: nodeId, genesis: paths.genesis, next: nextStep(home, genesis) }
}

function newChain(moniker: string, { home, chainId, template: name, authority }: InitOptions) {
  const template = readTemplate(name)
  const address = authority === undefined ? undefined : readAddress(authority)
  if (authority !== undefined && address === undefined) {
    throw new UsageError(`--authority ${authority} is no address: write wadi1… or 0x…`)
  }
  if (address === undefined && template.app_state['system']?.['authority'] === '') {
    throw new UsageError(
      '--authority is missing: the address that may change the parameters of the new chain',
    )
  }
  const state: AppState =
    address === undefined
      ? template.app_state
      : { ...template.app_state, system: { ...template.app_state['system'], authority: address } }
  return initHome({
    home,
    moniker,
    chainId: chainId ?? template.chain_id,
    appState: state,
    consensusParams: template.consensus_params,
  })
}

function joining(moniker: string, { home, chainId }: InitOptions, genesis: string) {
  if (!existsSync(genesis))
    throw new CommandError(`${genesis} does not exist`, ['name the genesis file of the chain'])
  // Half a download would be found out at the first start only.
  const members = inFile(genesis, () => membersOf(readGenesis(genesis)))
  if (!members.has('chain_id'))
    throw new CommandError(`${genesis} is no genesis file: it has no chain_id`, [
      'name the genesis file of the chain',
    ])
  return initHome({ home, moniker, chainId: chainId ?? 'from-genesis', genesis: { file: genesis } })
}

function nextStep(home: string, genesis: string | undefined): string {
  if (genesis !== undefined) return `add persistent_peers to config.toml, then: wadi start --home ${home}`
  return `wadi genesis add-accounts --home ${home} --file FILE, then: wadi start --home ${home}`
}

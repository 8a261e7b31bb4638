import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { messageServices, queryServices } from '../client/services.ts'
import { splitLine } from './completion/words.ts'
import type { RunContext } from './context.ts'
import { conveniences } from './conveniences.ts'
import { commandName, loadComments, methodCommands, moduleNames } from './derived.ts'
import { exampleOf } from './examples.ts'
import { RequestFlags } from './flags/request.ts'
import { DEV_ACCOUNTS } from './node/dev-accounts.ts'
import { addQueryCommand } from './query/command.ts'
import { addTxCommand } from './tx/command.ts'
import { txExtras } from './tx/extras.ts'
import { addTxOptions } from './tx/options.ts'

const kinds = ['tx', 'query'] as const
const all = kinds.flatMap((kind) => moduleNames(kind).flatMap((module) => methodCommands(kind, module)))

describe('the derived commands', () => {
  test('are all methods of all services', () => {
    const services = [...Object.values(messageServices), ...Object.values(queryServices)]
    const methods = services.flatMap((service) => Object.keys(service.methods))
    expect(all.length).toBe(methods.length)
    expect(all.length).toBeGreaterThan(60)
  })

  test('are named in kebab-case, runs of capitals as one word', () => {
    expect(['Send', 'AccountAddressByID', 'ABCIQuery', 'Bech32Prefix', 'GetTx'].map(commandName)).toEqual([
      'send',
      'account-address-by-id',
      'abci-query',
      'bech32-prefix',
      'get-tx',
    ])
  })

  test('take arguments that are fields of their messages, and conveniences are for methods that exist', () => {
    for (const { descriptor, args } of all) {
      const known = new RequestFlags(descriptor.input, []).flags.map(({ path }) => path.join('.'))
      expect(known, descriptor.input.typeName).toEqual(expect.arrayContaining([...args]))
    }
    const names = all.map(({ service, definition }) => `${service.fullName}.${definition.name}`)
    expect(names).toEqual(expect.arrayContaining([...Object.keys(conveniences), ...Object.keys(txExtras)]))
  })

  test('find the arguments of a query in its REST path', () => {
    const named = (module: string, name: string) =>
      methodCommands('query', module).find((each) => each.name === name)
    expect(named('asset', 'version')?.args).toEqual(['asset_id', 'version'])
    expect(named('bank', 'all-balances')).toMatchObject({ args: ['address'], aliases: ['balances'] })
    expect(named('asset', 'params')?.args).toEqual([])
  })

  test('explain themselves and every flag', () => {
    const explain = loadComments()
    for (const { service, definition, descriptor } of all) {
      expect(explain(`${service.fullName}.${definition.name}`), definition.name).toBeTruthy()
      for (const { field } of new RequestFlags(descriptor.input, []).flags) {
        expect(explain(`${field.parent.typeName}.${field.name}`), field.name).toBeTruthy()
      }
    }
  })

  test('have no two options of one name, whatever a field is called', () => {
    for (const kind of kinds) {
      for (const module of moduleNames(kind)) {
        const program = new Command()
        const add = kind === 'tx' ? addTxCommand : addQueryCommand
        add(program, {} as RunContext, [kind, module])
        const methods =
          program.commands[0]?.commands.find((command) => command.name() === module)?.commands ?? []
        expect(methods.length, module).toBe(methodCommands(kind, module).length)
        for (const method of methods) {
          const attributes = method.options.map((option) => option.attributeName())
          expect(new Set(attributes).size, `${module} ${method.name()}`).toBe(attributes.length)
        }
      }
    }
  })

  test('show examples whose values make the message', () => {
    for (const kind of kinds) {
      for (const method of moduleNames(kind).flatMap((module) => methodCommands(kind, module))) {
        const line = exampleOf(kind, method)
        const flags = new RequestFlags(method.descriptor.input, method.args)
        const command = new Command().exitOverride()
        flags.addTo(command, () => undefined)
        txExtras[`${method.service.fullName}.${method.definition.name}`]?.addOptions(command)
        if (kind === 'tx') addTxOptions(command, (flag) => flags.has(flag))
        let made: object | undefined
        command.action((...given) => {
          const json = flags.read(given.slice(0, -2), command.opts(), addressOf)
          made = flags.complete(json)
        })
        const words = splitLine(line)
        expect(words.slice(0, 4), line).toEqual(['wadi', kind, method.module, method.name])
        command.parse(words.slice(4), { from: 'user' })
        expect(made, line).toBeDefined()
      }
    }
  })
})

/** The names that examples use are those of the development accounts. */
function addressOf(name: string): string {
  const { address } = DEV_ACCOUNTS[Number(name.replace('dev', ''))] ?? {}
  if (address === undefined) throw new Error(`${name} is no account of an example`)
  return address
}

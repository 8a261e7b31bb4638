import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GenesisState } from '#gen/wadi/system/v1/genesis.ts'
import { defineChain } from '../../kernel/chain.ts'
import { defineModule, genesis } from '../../kernel/module.ts'
import { sdk } from '../../kernel/sdk-errors.ts'
import { initHome } from '../node/home.ts'
import { checkGenesisState } from './genesis-check.ts'

const ruled = defineModule({
  name: 'ruled',
  version: 1,
  genesis: genesis(GenesisState, {
    init(_ctx, { authority }) {
      if (authority === '') throw sdk.invalidAddress('nobody rules')
    },
    export: () => ({ authority: '', params: undefined }),
  }),
})
const chain = defineChain({
  name: 'test',
  modules: [ruled],
  ante: () => {},
  consensus: { init: () => {}, params: () => ({}) as never },
})

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wadi-genesis-check-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const init = (authority: string) =>
  initHome({ home, chainId: 'wadi-test-1', appState: { ruled: { authority } } }).paths.genesis
const check = (maxBytes?: number) => checkGenesisState(home, async () => chain, maxBytes)

describe('the state of a genesis file', () => {
  test('is found good where a chain starts from it', async () => {
    init('wadi1somebody')
    expect(await check()).toEqual({
      check: 'genesis state',
      level: 'ok',
      detail: 'wadi-test-1 starts from it, with 1 validator',
    })
  })

  test('is found bad with file, place and reason, where none does', async () => {
    const file = init('')
    expect(await check()).toEqual({
      check: 'genesis state',
      level: 'fail',
      detail: `${file}: app_state.ruled: nobody rules: invalid address`,
      fix: 'restore the genesis file of the chain, or mend it',
    })
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40))
    expect(await check()).toMatchObject({ level: 'fail', detail: expect.stringContaining(`${file}: `) })
  })

  test('is not tried where that would take long, or where there is no file', async () => {
    expect(await check()).toBeUndefined()
    init('')
    const found = await check(100)
    expect(found?.level).toBe('ok')
    expect(found?.detail).toMatch(/^not tried, \d+ bytes are many: "wadi genesis validate --home /)
  })
})

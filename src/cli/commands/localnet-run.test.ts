import { describe, expect, test } from 'vitest'
import { tomlAt } from '../config/toml-edit.ts'
import { initLocalnet, readLocalnet } from '../node/localnet-files.ts'
import { readToml } from '../node/toml-table.ts'
import { run, Scratch } from '../testkit.ts'
import { refuseOtherSize, takeBlockTime } from './localnet-run.ts'

const scratch = new Scratch('localnet')
const dir = scratch.at('net')

describe('a net that is there', () => {
  const nodes = [true, true, false].map((validator, i) => ({ name: `node${i}`, validator }))

  test('is run by who asks for no number of nodes, or for those it has', () => {
    for (const asked of [{}, { validators: 2 }, { fullNodes: 1 }, { validators: 2, fullNodes: 1 }])
      expect(() => refuseOtherSize({ nodes }, asked), JSON.stringify(asked)).not.toThrow()
  })

  test('is not run by who asks for other ones', async () => {
    const problem = 'this net has 2 validators and 1 full nodes'
    for (const asked of [{ validators: 4 }, { fullNodes: 0 }, { validators: 2, fullNodes: 2 }])
      expect(() => refuseOtherSize({ nodes }, asked), JSON.stringify(asked)).toThrow(problem)
    await initLocalnet({ dir, validators: 2, fullNodes: 1, basePort: 0 })
    const { code, err } = await run('localnet', '--dir', dir, '--validators', '3')
    expect(code).toBe(2)
    expect(err).toContain(
      `wadi: ${problem}\n  - leave the numbers out to run it as it is; --reset makes another`,
    )
  })

  test('takes another block time, for every node it has and will have, and says so', async () => {
    const net = scratch.at('timed')
    const { nodes } = await initLocalnet({
      dir: net,
      validators: 2,
      fullNodes: 1,
      basePort: 0,
      blockTimeMs: 1_000,
    })
    let said = ''
    const context = { stderr: { write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream }
    const times = () =>
      nodes.map(({ name }) =>
        tomlAt(readToml(scratch.at('timed', name, 'config', 'config.toml')), ['consensus', 'timeout_commit']),
      )
    takeBlockTime(context, { dir: net })
    takeBlockTime(context, { dir: net, blockTime: '1s' })
    expect([said, times()]).toEqual(['', ['1000ms', '1000ms', '1000ms']])
    takeBlockTime(context, { dir: net, blockTime: '250ms' })
    expect(said).toBe('Blocks are 250 ms apart from now on; they were 1000 ms.\n')
    expect(times()).toEqual(['250ms', '250ms', '250ms'])
    expect(readLocalnet(net).blockTimeMs).toBe(250)
    expect(() => takeBlockTime(context, { dir: net, blockTime: 'soon' })).toThrow('is not a duration')
  })
})

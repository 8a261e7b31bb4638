import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { initLocalnet } from '../node/localnet-files.ts'
import { cli } from '../tx/testkit.ts'
import { refuseOtherSize } from './localnet-run.ts'

const dir = mkdtempSync(join(tmpdir(), 'wadi-localnet-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

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
    const { code, err } = await cli('localnet', '--dir', dir, '--validators', '3')
    expect(code).toBe(1)
    expect(err).toContain(
      `wadi: ${problem}\n  - leave the numbers out to run it as it is; --reset makes another`,
    )
  })
})

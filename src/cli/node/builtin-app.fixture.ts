import { parseArgs } from 'node:util'
import { onStopSignal, startNode } from './supervisor.ts'

/**
 * A node over an application built into CometBFT, as one process, for tests of processes alone:
 * `node builtin-app.fixture.ts --home DIR --app persistent_kvstore`.
 */
const { values } = parseArgs({ options: { home: { type: 'string' }, app: { type: 'string' } } })
const app = values.app === 'noop' || values.app === 'kvstore' ? values.app : 'persistent_kvstore'

const node = await startNode({
  home: values.home ?? '',
  app,
  onLog: (source, line) => console.log(`${source}: ${line}`),
})
onStopSignal(() => void node.stop())
const reason = await node.exited
if (reason.kind !== 'stopped') console.error(reason.error.message)
process.exit(reason.kind === 'stopped' ? 0 : 1)

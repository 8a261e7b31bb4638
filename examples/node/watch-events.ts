/** Prints the next assets that are registered: `npx node examples/node/watch-events.ts [how many]`; Ctrl-C ends it. */
import { WadiClient } from '../../src/client/client.ts'
import { EventAssetRegistered } from '../../src/gen/wadi/asset/v1/events.ts'
import { rpc } from './devnet.ts'

const [count = '3'] = process.argv.slice(2)
const client = await WadiClient.connect(rpc)
const stop = new AbortController()
process.once('SIGINT', () => stop.abort(new Error('ended by Ctrl-C')))

// The loop goes on by itself if the node is restarted meanwhile: no event is missed, none comes twice.
const registrations = client.subscribe.events(EventAssetRegistered, { signal: stop.signal })
console.log(`watching ${await client.chainId()}`)
let seen = 0
for await (const { height, value } of registrations) {
  console.log(`block ${height}: asset ${value.assetId}, ${value.slug} of ${value.creator}`)
  if (++seen >= Number(count)) break
}

client.disconnect()

/**
 * Reads without believing the node: `npx node examples/node/verified-read.ts [address]`. The trusted header is of
 * $WADI_TRUST, `height:hash`; without it this example asks the same node once, which only a devnet may do.
 */
import { WadiClient } from '../../src/client/client.ts'
import { connect, rpc } from './devnet.ts'

const { client: own, address: first } = await connect()
const [address = first] = process.argv.slice(2)
const chainId = await own.chainId()
const [height, hash] = process.env['WADI_TRUST']?.split(':') ?? []
const trust =
  height === undefined || hash === undefined
    ? await own.headerToTrust()
    : { chainId, height: Number(height), hash }
own.disconnect()
console.log(`trusting block ${trust.height} of ${trust.chainId}: ${trust.hash}`)

const client = await WadiClient.connect(rpc, { trust })
const { balance } = await client.query.bank.balance({ address, denom: 'awadi' }, { verify: true })
console.log(`proven: ${address} has ${balance?.amount}${balance?.denom}`)

// Not everything can be proven. What cannot says so, rather than be read without proof.
await client.query.asset.assets({}, { verify: true }).catch((error: Error) => console.log(error.message))
client.disconnect()

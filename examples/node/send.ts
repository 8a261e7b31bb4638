/** Connects, sends some coins, and reads what the transaction did: `npx node examples/node/send.ts [to]`. */
import { sdkEvents } from '../../src/client/events.ts'
import { connect } from './devnet.ts'

const { client, address } = await connect()
const [to = address] = process.argv.slice(2)
console.log(`connected to ${await client.chainId()} at height ${await client.height()}`)

const amount = [{ denom: 'awadi', amount: '1000' }]
const result = await client.signAndBroadcast(address, [
  client.tx.bank.send({ fromAddress: address, toAddress: to, amount }),
])
console.log(`sent in block ${result.height}: ${result.hash}`)
for (const { sender, recipient, amount } of result.events.of(sdkEvents.transfer))
  console.log(`  ${sender} -> ${recipient}: ${amount.map((coin) => coin.amount + coin.denom).join(', ')}`)

client.disconnect()

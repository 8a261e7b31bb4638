/**
 * Reads an asset twice: with this project's client, and with CosmJS alone. Run it with
 * `npx node examples/read-asset.ts [rpc] [asset id]`; the RPC may stand in $WADI_RPC.
 */
import { createProtobufRpcClient, QueryClient } from '@cosmjs/stargate'
import { Comet38Client } from '@cosmjs/tendermint-rpc'
import { WadiClient } from '../src/client/client.ts'
import { QueryAssetRequest, QueryAssetResponse } from '../src/gen/wadi/asset/v1/query.ts'

const [rpc = process.env['WADI_RPC'] ?? 'http://127.0.0.1:26657', id = '1'] = process.argv.slice(2)

const client = await WadiClient.connect(rpc)
const { asset } = await client.query.asset.asset({ assetId: BigInt(id) })
console.log(`wadi/client: asset ${asset?.id} is ${asset?.slug}, version ${asset?.latestVersion}`)
client.disconnect()

const comet = await Comet38Client.connect(rpc)
const service = createProtobufRpcClient(new QueryClient(comet))
const request = QueryAssetRequest.encode(QueryAssetRequest.fromPartial({ assetId: BigInt(id) })).finish()
const answer = QueryAssetResponse.decode(await service.request('wadi.asset.v1.Query', 'Asset', request))
console.log(
  `CosmJS:      asset ${answer.asset?.id} is ${answer.asset?.slug}, licence ${answer.asset?.license?.expression}`,
)
comet.disconnect()

/** Registers the example model, and lists its creator's: `npx node examples/node/register-asset.ts [slug]`. */
import { createReadStream, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { digestFiles } from '../../src/client/model-digest.ts'
import { EventAssetRegistered } from '../../src/gen/wadi/asset/v1/events.ts'
import { AssetKind, Derivatives, DigestScheme, Permission } from '../../src/gen/wadi/asset/v1/types.ts'
import { connect } from './devnet.ts'

const { client, address } = await connect()
const [slug = `model-${Date.now()}`] = process.argv.slice(2)

const folder = fileURLToPath(new URL('../model/', import.meta.url))
const files = readdirSync(folder).map((name) => ({ name, chunks: () => createReadStream(folder + name) }))
// A digest can be registered once, so the slug is made part of what is registered here.
const note = { name: 'slug.txt', chunks: () => [new TextEncoder().encode(slug)] }
const digest = await digestFiles([...files, note])

const result = await client.signAndBroadcast(address, [
  client.tx.asset.registerAsset({
    controller: address,
    kind: AssetKind.ASSET_KIND_MODEL,
    slug,
    license: { expression: 'Apache-2.0' },
    dataUse: {
      train: Permission.PERMISSION_ALLOWED,
      mine: Permission.PERMISSION_ALLOWED,
      infer: Permission.PERMISSION_ALLOWED,
    },
    derivatives: Derivatives.DERIVATIVES_OPEN,
    content: {
      scheme: DigestScheme.DIGEST_SCHEME_OMS_FILES_V1,
      rootDigest: digest.root,
      sizeBytes: digest.sizeBytes,
      fileCount: digest.files.length,
    },
  }),
])
const [registered] = result.events.of(EventAssetRegistered)
console.log(`registered asset ${registered?.assetId}, ${registered?.slug}, in block ${result.height}`)

for await (const asset of client.list.asset.assetsByCreator({ creator: address }))
  console.log(`  asset ${asset.id}: ${asset.slug}, version ${asset.latestVersion}`)

client.disconnect()

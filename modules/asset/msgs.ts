import { MsgDefinition } from '#gen/wadi/asset/v1/tx.ts'
import { msgs } from '#kernel'
import { commitRegistration } from './msgs/commit.ts'
import { addLineage } from './msgs/lineage.ts'
import { setStatus, transferAsset, updateLocators, updateMetadata, updateParams } from './msgs/manage.ts'
import { registerAsset, registerNextVersion, registerReference } from './msgs/register.ts'
import { assignController, takeOver } from './msgs/takeover.ts'

export const assetMsgs = msgs(MsgDefinition, {
  registerAsset,
  registerVersion: registerNextVersion,
  commitRegistration,
  addLineage,
  setStatus,
  transferAsset,
  updateMetadata,
  updateLocators,
  registerReference,
  takeOver,
  assignController,
  updateParams,
})

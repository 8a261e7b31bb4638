/** What people expect of a command beyond what follows from its definition. */
export interface Convenience {
  /** Fields that may be written without a flag, in this order. */
  readonly args?: readonly string[]
  /** Further names of the command. */
  readonly aliases?: readonly string[]
  /** What stands behind the command in its example; made from its fields when absent. */
  readonly example?: string
}

/** By the full name of the method. Queries without an entry take what stands in their REST path. */
export const conveniences: Readonly<Record<string, Convenience>> = {
  'cosmos.bank.v1beta1.Msg.Send': {
    args: ['from_address', 'to_address', 'amount'],
    example: 'dev0 dev1 1.5WADI',
  },
  'cosmos.bank.v1beta1.Query.Balance': { args: ['address', 'denom'] },
  'cosmos.bank.v1beta1.Query.AllBalances': { args: ['address'], aliases: ['balances'] },
  'cosmos.bank.v1beta1.Query.SpendableBalanceByDenom': { args: ['address', 'denom'] },
  'cosmos.bank.v1beta1.Query.SupplyOf': { args: ['denom'], aliases: ['supply'] },
  'cosmos.bank.v1beta1.Query.DenomMetadataByQueryString': { args: ['denom'] },
  'cosmos.bank.v1beta1.Query.DenomOwnersByQuery': { args: ['denom'] },
  'cosmos.tx.v1beta1.Service.GetTx': { args: ['hash'], aliases: ['tx'] },
  'cosmos.tx.v1beta1.Service.GetTxsEvent': { args: ['query'], aliases: ['search'] },
  'cosmos.base.tendermint.v1beta1.Service.GetBlockByHeight': { args: ['height'], aliases: ['block'] },
  'wadi.asset.v1.Msg.RegisterAsset': { example: '--path examples/model --kind MODEL --from dev0' },
  'wadi.asset.v1.Msg.RegisterVersion': { args: ['asset_id'], example: '1 --path examples/model --from dev0' },
  'wadi.asset.v1.Msg.CommitRegistration': { args: ['commitment'] },
  'wadi.asset.v1.Msg.SetStatus': { args: ['asset_id', 'version', 'status'] },
  'wadi.asset.v1.Msg.TransferAsset': { args: ['asset_id', 'recipient'] },
  'wadi.asset.v1.Msg.UpdateMetadata': { args: ['asset_id'] },
  'wadi.asset.v1.Msg.UpdateLocators': { args: ['asset_id', 'version', 'locators'] },
  'wadi.asset.v1.Msg.AssignController': { args: ['asset_id', 'controller'] },
  'wadi.system.v1.Msg.TransferAuthority': { args: ['new_authority'] },
}

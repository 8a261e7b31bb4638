/**
 * The ten accounts a development chain funds. Their keys are PUBLIC: everybody has them, so they must never hold
 * anything of value on a shared chain.
 *
 * They are accounts 0 to 9 of {@link DEV_MNEMONIC} under `m/44'/118'/0'/0/i` (secp256k1), what CosmJS' wallets
 * derive when given the mnemonic and the prefix `wadi`. Written down rather than derived, because the derivation
 * takes 200 ms
 * of every start; a test derives them anew.
 */

export const DEV_MNEMONIC = 'test test test test test test test test test test test junk'

export interface DevAccount {
  /** `wadi1…` */
  readonly address: string
  /** The same 20 bytes as `0x` and lower-case hexadecimal. */
  readonly hexAddress: string
  /** 32 bytes in hexadecimal, PUBLIC. */
  readonly privateKey: string
}

// biome-ignore format: one account a line
const rows: readonly (readonly [address: string, hex: string, privateKey: string])[] = [
  ['wadi15yk64u7zc9g9k2yr2wmzeva5qgwxps6yuu6ssh', 'a12daaf3c2c1505b288353b62cb3b4021c60c344', 'e64e7928d4f6c06f01fefd31f760c51f59a16426e792761cd00529b76501c8a0'],
  ['wadi1erxf3sa9q2j4vgseu7jq4a258ckmk7cy4s05wt', 'c8cc98c3a502a5562219e7a40af5543e2dbb7b04', 'bb54092b20b9793b15fb9527c860f88aeb65dbd5863a4748bd735edec5917625'],
  ['wadi1htamarexaxhgdsp0xu6sppeyx7avtvqrh805ap', 'bafbbe8f26e9ae86c02f373500872437bac5b003', 'dae85909e4c6dae19b62b5fba2b1e6addfeca9805660af9fcac2c27a340f54ae'],
  ['wadi19tkvgvwht3n8pcqydrcq4cxwhr8rp2ge9npnvd', '2aecc431d75c6670e00468f00ae0ceb8ce30a919', '770e15c626dc763231590ba861967214827369efac9d009337a9a6da1b18e3c5'],
  ['wadi164cy6j05j3kaqlzqgzn9mjz95vqjhxmhqjhd5c', 'd5704d49f4946dd07c4040a65dc845a3012b9b77', 'd3206c221cfb779611065240c9c7a6bda14e3c46983e3e7c9bcee5739a5e79ec'],
  ['wadi18el2mdgsjwvzezu5cjsyuyx0uru4zrm2rfq7md', '3e7eadb51093982c8b94c4a04e10cfe0f9510f6a', '8710d506d79c57f6a15f38a49a310ccb1d35e4b0bd1c755b7b42a43ebe92e027'],
  ['wadi1wqsddpelugnm7ss40puw20dacafhq8gkfkvzwj', '7020d6873fe227bf42157878e53dbdc753701d16', '20b15d478b3bd6045a215b89a9247a34c2d258ac075afcce658c313abc2e70af'],
  ['wadi1urv8703cxqny9mcqdu8enh4mdhx0x55d2g4zww', 'e0d87f3e38302642ef006f0f99debb6dccf3528d', 'd8d54027d24574b71e94bb2ac73f2b407ce334f32b5579e2e7d2ef161864afcf'],
  ['wadi1lh6cxaa5hl0wv73jjct2mk7x2z6rq7de2auxh0', 'fdf58377b4bfdee67a329616addbc650b43079b9', '85a5de209bbf9312b3307949c06c7f944a45777e57cd110b687e9adf6f29c9f3'],
  ['wadi1f84c23zhjlddsfg6n4y94v260v5yd8ktmug268', '49eb85445797dad8251a9d485ab15a7b28469ecb', 'ad228cb7740d2552ac50007d2f67167d481e38426b3f0a52c14a723a75875128'],
]

/**
 * The account that a devnet's faucet pays from: the eleventh of the mnemonic, so that nobody who signs with the ten
 * gets in the way of its sequence. PUBLIC as they are.
 */
export const DEV_FAUCET: DevAccount = {
  address: 'wadi1nxkwrvet9pggwt46cyr5gt39nfh7d054w0j7wd',
  hexAddress: '0x99ace1b32b2850872ebac107442e259a6fe6be95',
  privateKey: 'ec6619421558897e6248525c239fdd6cba129642e822d9570a81e194237b488d',
}

export const DEV_ACCOUNTS: readonly DevAccount[] = rows.map(([address, hex, privateKey]) => ({
  address,
  hexAddress: `0x${hex}`,
  privateKey,
}))

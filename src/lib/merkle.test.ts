import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex, utf8 } from './bytes.ts'
import { sha256, sha256Text } from './hash.ts'
import { merkleProof, merkleRoot, verifyMerkleProof } from './merkle.ts'

const lists = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 20 })

// The reference vectors of Certificate Transparency (RFC 6962), roots after 0 to 8 leaves.
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(fromHex)
test.each([
  [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  [4, 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
  [5, '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
  [6, '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
  [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
  [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
])('the root of %i items is that of RFC 6962', (count, root) => {
  expect(toHex(merkleRoot(leaves.slice(0, count)))).toBe(root)
})

test('every item has a proof under the root, and no other item has that proof', () => {
  fc.assert(
    fc.property(lists, fc.nat(), (items, pick) => {
      const index = pick % items.length
      const item = items[index] as Uint8Array
      const root = merkleRoot(items)
      const proof = merkleProof(items, index)
      const other = Uint8Array.of(...item, 1)
      return verifyMerkleProof(proof, root, item) && !verifyMerkleProof(proof, root, other)
    }),
  )
})

test('a proof with another total, index or number of aunts fails', () => {
  const items = ['a', 'b', 'c', 'd', 'e'].map(utf8)
  const root = merkleRoot(items)
  const proof = merkleProof(items, 2)
  const item = items[2] as Uint8Array
  expect(verifyMerkleProof(proof, root, item)).toBe(true)
  expect(verifyMerkleProof({ ...proof, index: 3 }, root, item)).toBe(false)
  expect(verifyMerkleProof({ ...proof, index: 5 }, root, item)).toBe(false)
  expect(verifyMerkleProof({ ...proof, index: -1 }, root, item)).toBe(false)
  expect(verifyMerkleProof({ ...proof, index: 0.5 }, root, item)).toBe(false)
  expect(verifyMerkleProof({ ...proof, total: 3 }, root, item)).toBe(false)
  expect(verifyMerkleProof({ ...proof, aunts: proof.aunts.slice(1) }, root, item)).toBe(false)
  expect(verifyMerkleProof({ ...proof, aunts: [...proof.aunts, root] }, root, item)).toBe(false)
  expect(() => merkleProof(items, 5)).toThrow('no item 5 among 5')
})

test('the host hashes as FIPS 180 says', () => {
  expect(toHex(sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(sha256Text(utf8('abc'))).toHaveLength(32)
})

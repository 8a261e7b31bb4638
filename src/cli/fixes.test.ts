import { expect, test } from 'vitest'
import { packageProblem } from './fixes.ts'

// Node's own words.
const words = "Cannot find package 'level' imported from /app/node_modules/wadi/dist/store/lock.js"

test('a package that is missing is named, with the command that installs it', () => {
  const error = Object.assign(new Error(words), { code: 'ERR_MODULE_NOT_FOUND' })
  expect(packageProblem(error)).toBe(
    'this command needs the npm package level\n  - install it: "npm install level"',
  )
})

test('no other error is about a package', () => {
  expect(packageProblem(new Error(words))).toBeUndefined()
  const file = Object.assign(new Error("Cannot find module '/app/x.js'"), { code: 'ERR_MODULE_NOT_FOUND' })
  expect(packageProblem(file)).toBeUndefined()
})

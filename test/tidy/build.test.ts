import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { dataFiles } from '../../scripts/build.ts'
import { root } from './sources.ts'

test('the package gets files of named kinds, and never what a dot hides', () => {
  const paths = [
    'src/gen/image.binpb',
    'src/query/pages/viewer.html',
    'src/query/pages/viewer.css',
    'src/query/pages/viewer.js',
    'src/.env',
    'src/.env.js',
    'src/query/.cache/page.html',
    'modules/asset/.DS_Store',
    'src/cli/keys/alice.pem',
    'src/cli/keys/alice.json',
    'src/cli/notes.txt',
    'src/cli/html',
    'src/cli/main.ts',
    'src/cli/README.md',
  ]
  expect(dataFiles(paths)).toEqual({
    packed: paths.slice(0, 4),
    // Whoever adds such a file and needs it has to be told.
    leftOut: ['src/cli/keys/alice.pem', 'src/cli/keys/alice.json', 'src/cli/notes.txt', 'src/cli/html'],
  })
})

test('the package gets all data that stands beside the code', () => {
  const tracked = execFileSync('git', ['ls-files', 'src', 'modules'], { cwd: root, encoding: 'utf8' })
  expect(dataFiles(tracked.trim().split('\n')).leftOut).toEqual([])
})

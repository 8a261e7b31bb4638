import type { Command } from 'commander'
import type { RunContext } from '../context.ts'
import { addExample } from '../help.ts'
import {
  addKeyringOptions,
  addNodeOptions,
  addOutputOption,
  type KeyringOptions,
  type NodeOptions,
} from '../options.ts'
import { type OutputFormat, print } from '../output.ts'

interface HashOptions {
  readonly ignore?: readonly string[]
  readonly json?: boolean
  readonly output: OutputFormat
}

/** `wadi asset`: what needs the files of an asset. */
export function addAssetCommand(program: Command, context: RunContext): void {
  const asset = program.command('asset').description('work with the files of an asset')
  addHash(asset, context)
  addCommitment(asset, context)
}

/** The options of `wadi asset commitment`. */
export interface CommitmentOptions extends NodeOptions, KeyringOptions {
  readonly from: string
  readonly salt?: string
  readonly ignore?: readonly string[]
}

function addCommitment(asset: Command, context: RunContext): void {
  const command = asset
    .command('commitment')
    .argument('<path>', 'a folder or a file')
    .description(
      'print what "wadi tx asset commit-registration" commits to for these files, and the salt that opens it. ' +
        'Nothing is sent; with --chain-id no node is asked.',
    )
    .requiredOption('--from <key>', 'name or address of the account that will register them')
    .option('--salt <hex>', '32 bytes that nobody can guess (default: new ones)')
    .option('--ignore <path...>', 'leave these out too, as "wadi asset hash" does')
  addExample(command, 'wadi asset commitment examples/model --from dev0')
  addKeyringOptions(addNodeOptions(command)).action(async (path: string, options: CommitmentOptions) => {
    const { runCommitment } = await import('./commitment.ts')
    await runCommitment(context, path, options)
  })
}

function addHash(asset: Command, context: RunContext): void {
  const hash = asset
    .command('hash')
    .argument('<path>', 'a folder or a file')
    .description(
      'digest files as OpenSSF Model Signing does (method "files"): sha256 of every file, names sorted by bytes, ' +
        'sha256 over the raw digests one after the other. Left out at the root: .git, .gitattributes, .github, ' +
        '.gitignore, model.sig.',
    )
    .option('--ignore <path...>', 'leave these out too; paths relative to the folder')
    .option('--json', 'print JSON with every file')
  addExample(hash, 'wadi asset hash examples/model')
  addOutputOption(hash).action(async (path: string, options: HashOptions) => {
    const { hashPath } = await import('./hash.ts')
    const { digestLines } = await import('../../client/model-digest.ts')
    const { toHex } = await import('#lib/bytes.ts')
    const { files, found, root, sizeBytes, ...rest } = await hashPath(
      path,
      options.ignore ?? [],
      context.stderr,
    )
    if (options.json === true || options.output === 'json') {
      await print(context, 'json', {
        scheme: 'DIGEST_SCHEME_OMS_FILES_V1',
        root_digest: toHex(root),
        size_bytes: sizeBytes.toString(),
        file_count: files.length,
        ignored: [...found.ignored],
        files: files.map(({ name, size, sha256 }) => ({
          name,
          size_bytes: size.toString(),
          sha256: toHex(sha256),
        })),
      })
      return
    }
    const lines = digestLines({ files, root, sizeBytes, ...rest })
    const count = `${files.length} ${files.length === 1 ? 'file' : 'files'}`
    const summary = `${toHex(root)}  ${path} (${count}, ${sizeBytes} bytes)`
    context.stdout.write(`${lines.join('\n')}\n${summary}\n`)
  })
}

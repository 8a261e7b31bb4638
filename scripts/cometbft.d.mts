/** Types of cometbft.mjs, which has to stay plain JavaScript: set-up runs it on any Node. */

export declare const COMETBFT_VERSION: string
export declare const COMETBFT_MODULE: string
export declare const GO_BUILDS: string
export declare const GO_DOWNLOADS: string

export interface Candidate {
  readonly path: string
  readonly source: '$COMETBFT' | 'PATH' | 'cache'
}

export interface Rejected extends Candidate {
  /** Reads on from the path: "is version 0.37.2, not 0.38.25". */
  readonly problem: string
}

export interface Search {
  readonly rejected: readonly Rejected[]
  readonly path?: string
  readonly version?: string
  readonly source?: Candidate['source']
}

export interface Go {
  readonly command: string
  readonly version: string
}

type Env = Readonly<Record<string, string | undefined>>

export declare function cometbftFolder(env?: Env, platform?: string, home?: string): string
export declare function cometbftCandidates(env?: Env, platform?: string, home?: string): Candidate[]
export declare function searchCometbft(options?: {
  readonly env?: Env
  readonly known?: (path: string) => string | undefined
}): Search
export declare function rememberedVersion(path: string): string | undefined
export declare function cometbftVersion(path: string): string
export declare function findGo(env?: Env): Go | undefined
export declare function compareVersions(a: string, b: string): number
export declare function installCometbft(options: {
  readonly go: Go
  readonly env?: Env
  readonly onLine?: (line: string) => void
}): Promise<string>
export declare function waysToGetCometbft(env?: Env, setUp?: boolean): string[]

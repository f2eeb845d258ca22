import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A set of libraries that may be opened together. */
export interface LibrarySet {
  /** Where it was found, for messages. */
  readonly root: string;
  /** AscendCL's runtime and aclnn's common part. */
  readonly runtime: readonly string[];
  /** Operator libraries: the combined one or the split ones, never both. */
  readonly operators: readonly string[];
}

/** What a search found, and one sentence for each place that has no complete set. */
export interface CannSearch {
  readonly sets: readonly LibrarySet[];
  readonly misses: readonly string[];
}

/** The runtime in CANN 8 (one library, kept in 9.x) and from 8.5 on (split); ABI reference 1.1. */
const RUNTIMES = [['libascendcl.so'], ['libacl_rt.so', 'libacl_mdl.so']] as const;
const META = 'libnnopbase.so';
const OPERATORS = [
  ['libopapi.so'],
  ['libopapi_math.so', 'libopapi_nn.so', 'libopapi_transformer.so'],
] as const;

/**
 * Looks for CANN in `ASCEND_HOME_PATH`, `ASCEND_TOOLKIT_HOME`, the default roots (ABI reference 1.2), and the folders of
 * `LD_LIBRARY_PATH`. Opens nothing. `stub` and `devlib` folders are passed over: their libraries only answer 100039.
 */
export function searchCann(env: NodeJS.ProcessEnv = process.env): CannSearch {
  const sets: LibrarySet[] = [];
  const misses: string[] = [];
  const seen = new Set<string>();
  for (const { root, folder, named } of candidateFolders(env)) {
    if (seen.has(folder)) continue;
    seen.add(folder);
    const found = librarySetIn(root, folder);
    if (typeof found !== 'string') sets.push(found);
    else if (named) misses.push(found);
  }
  return { sets, misses };
}

interface CandidateFolder {
  readonly root: string;
  readonly folder: string;
  /** Named by the user, so that its absence is worth a sentence. */
  readonly named: boolean;
}

function candidateFolders(env: NodeJS.ProcessEnv): CandidateFolder[] {
  const folders: CandidateFolder[] = [];
  for (const name of ['ASCEND_HOME_PATH', 'ASCEND_TOOLKIT_HOME'] as const) {
    const root = env[name];
    if (root) folders.push({ root: `${name}=${root}`, folder: join(root, 'lib64'), named: true });
  }
  const { HOME: home } = env;
  for (const base of ['/usr/local/Ascend', ...(home ? [join(home, 'Ascend')] : [])]) {
    for (const root of [join(base, 'ascend-toolkit', 'latest'), join(base, 'cann')]) {
      folders.push({ root, folder: join(root, 'lib64'), named: false });
    }
  }
  for (const folder of (env.LD_LIBRARY_PATH ?? '').split(delimiter).filter(Boolean)) {
    if (/\/(stub|devlib)(\/|$)/.test(folder)) continue;
    folders.push({ root: `LD_LIBRARY_PATH ${folder}`, folder, named: false });
  }
  return folders;
}

function librarySetIn(root: string, folder: string): LibrarySet | string {
  const complete = (names: readonly string[]) => names.every((name) => existsSync(join(folder, name)));
  const paths = (names: readonly string[]) => names.map((name) => join(folder, name));
  if (!existsSync(folder)) return `${root}: no folder ${folder}`;
  const runtime = RUNTIMES.find(complete);
  if (runtime === undefined)
    return `${root}: neither libascendcl.so nor libacl_rt.so with libacl_mdl.so in ${folder}`;
  if (!complete([META])) return `${root}: no ${META} in ${folder}`;
  const operators = OPERATORS.find(complete);
  if (operators === undefined)
    return `${root}: neither libopapi.so nor the split operator libraries in ${folder}`;
  return { root, runtime: paths([...runtime, META]), operators: paths(operators) };
}

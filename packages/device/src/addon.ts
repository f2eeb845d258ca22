import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import type { NativeAddon } from './native.js';

let loaded: NativeAddon | null = null;

/** The folder of the built addon and of libhostacl: `OSUM_NATIVE_DIR`, else `native/build` of this repository. */
export function nativeFolder(): string {
  const { OSUM_NATIVE_DIR: given } = process.env;
  return given ?? fileURLToPath(new URL('../../../native/build', import.meta.url));
}

/** Loads the addon once; throws with the command that builds it when it is missing. */
export function loadAddon(): NativeAddon {
  if (loaded !== null) return loaded;
  const path = join(nativeFolder(), 'ascendcl.node');
  if (!existsSync(path)) {
    throw new Error(`the AscendCL addon is not built (expected ${path}): run \`node native/build.mjs\``);
  }
  const addon = createRequire(import.meta.url)(path) as NativeAddon;
  // Before the libraries' own destructors run: AscendCL must not be finalised from those.
  process.once('exit', () => addon.shutdown(isMainThread));
  loaded = addon;
  return addon;
}

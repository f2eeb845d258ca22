import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where programs that tests need are kept: `OSUM_TOOLS_DIR`, else a folder in the user's cache. */
export function toolsFolder(): string {
  const { OSUM_TOOLS_DIR: given, XDG_CACHE_HOME: cache = join(homedir(), '.cache') } = process.env;
  return given ?? join(cache, 'osum-mesh', 'tools');
}

/**
 * The folder `name` among the tools, filled by `install` if it is not there yet. It appears whole or not at all, whoever else installs
 * it at the same time.
 *
 * @param name with the version, so that another one gets a folder of its own.
 */
export async function installedTool(
  name: string,
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(toolsFolder(), name);
  if (await exists(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const partial = await mkdtemp(`${folder}.partial-`);
  try {
    await install(partial);
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

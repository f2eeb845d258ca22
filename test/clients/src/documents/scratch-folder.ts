import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '../live-mesh.js';

/** A folder that looks like the root of the checkout: what an example writes beside it does not stay. */
export async function scratchFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'osum-documents-'));
  for (const name of await readdir(repository)) await symlink(join(repository, name), join(path, name));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

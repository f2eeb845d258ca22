import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nativeFolder } from '../addon.js';

const NAMES = ['libascendcl.so', 'libnnopbase.so', 'libopapi.so'] as const;

/** A folder laid out like CANN 8 whose three names are one library file. Returns its root. */
async function layOut(root: string, library: Uint8Array): Promise<string> {
  await mkdir(join(root, 'lib64'), { recursive: true });
  const [first, ...others] = NAMES;
  await writeFile(join(root, 'lib64', first), library);
  for (const name of others) await symlink(first, join(root, 'lib64', name));
  return root;
}

/**
 * libhostacl dressed as CANN: the symbol that tells the two apart is renamed, so that everything above it takes the way
 * of an NPU.
 */
export async function installStandIn(root: string): Promise<string> {
  const library = await readFile(join(nativeFolder(), 'libhostacl.so'));
  const [telling, renamed] = ['hostaclGetStats\0', 'hostaclGetStatz\0'].map((name) =>
    Buffer.from(name, 'latin1'),
  );
  for (let at = library.indexOf(telling as Buffer); at >= 0; at = library.indexOf(telling as Buffer, at)) {
    library.set(renamed as Buffer, at);
  }
  return layOut(root, library);
}

/** The link-time stubs of CANN's `devlib`, whose every call answers 100039. */
export async function installStubs(root: string): Promise<string> {
  return layOut(root, await readFile(join(nativeFolder(), 'libstubcann.so')));
}

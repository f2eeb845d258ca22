import { chmod, copyFile, mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { run } from './run.js';

/** The user that the images run as. */
export const imageUser = 65532;

/**
 * Puts into `target` the least system that Node and what is in `target` already run in: Node as /bin/node, the libraries that it and the
 * native parts of the application load, and a user. What Debian knows of the libraries' packages comes along, so that scanners see them.
 */
export async function assembleSystem(target: string): Promise<void> {
  const node = await realpath(process.execPath);
  const programs = [node, ...(await nativeFiles(target))];
  await copy(node, join(target, 'bin', 'node'));
  for (const library of new Set(programs.flatMap(librariesOf))) {
    await copy(await realpath(library), join(target, library));
    await recordPackage(library, target);
  }
  await write(target, '/etc/passwd', `nonroot:x:${imageUser}:${imageUser}:nonroot:/tmp:/sbin/nologin\n`);
  await write(target, '/etc/group', `nonroot:x:${imageUser}:\n`);
  // Names come from the hosts file, then from DNS.
  await write(target, '/etc/nsswitch.conf', 'hosts: files dns\n');
  await mkdir(join(target, 'tmp'), { recursive: true });
  await chmod(join(target, 'tmp'), 0o1777);
}

async function nativeFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(so|node)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Libraries that the loader would open for a program or library, the loader itself among them. */
function librariesOf(program: string): string[] {
  return [...run('ldd', [program]).matchAll(/(?:=> |^\s)(\/\S+) \(0x/gm)].map(([, path]) => path!);
}

/** Writes what dpkg knows of a library's package where scanners look for it in images without a package manager. */
async function recordPackage(library: string, target: string): Promise<void> {
  // dpkg knows a file by one of its paths, which links of a merged /usr hide: the name is the same everywhere.
  const [found] = run('dpkg', ['--search', `*/${basename(library)}`]).split('\n');
  const name = found!.split(':')[0]!;
  await write(target, `/var/lib/dpkg/status.d/${name}`, run('dpkg', ['--status', name]));
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

async function write(target: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(target, path)), { recursive: true });
  await writeFile(join(target, path), text);
}

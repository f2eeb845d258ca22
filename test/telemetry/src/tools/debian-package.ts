import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toolsFolder } from './repository.js';

/** A tool that cannot be had on this machine. */
export class ToolMissingError extends Error {
  override readonly name = 'ToolMissingError';
}

/**
 * The folder with the files of a Debian package, unpacked into the folder for tools on first use, without installing it.
 *
 * @throws ToolMissingError where there is no apt-get, or it cannot get the package.
 */
export async function debianPackage(name: string): Promise<string> {
  const folder = join(toolsFolder(), `debian-${name}`);
  if (existsSync(folder)) return folder;
  const work = `${folder}.${process.pid}`;
  await mkdir(work, { recursive: true });
  try {
    // A fresh machine may have no lists of packages yet.
    if (!run(work, 'apt-get', ['download', name])) {
      run(work, 'apt-get', ['update']);
      if (!run(work, 'apt-get', ['download', name]))
        throw new ToolMissingError(`apt-get cannot download the Debian package ${name}`);
    }
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'))!;
    if (!run(work, 'dpkg', ['-x', archive, 'files']))
      throw new ToolMissingError(`dpkg cannot unpack the Debian package ${name}`);
    await rename(join(work, 'files'), folder).catch((error) => {
      // Another test was faster.
      if (!existsSync(folder)) throw error;
    });
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function run(cwd: string, command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { cwd, stdio: 'ignore' }).status === 0;
}

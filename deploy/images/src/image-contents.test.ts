import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assembleApp } from './assemble-app.js';
import { assembleSystem, imageUser } from './assemble-system.js';
import { bake } from './bake-file.js';
import { only, stagesOf } from './dockerfile.js';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

// The file system of the images: what their Dockerfiles let the same program gather, and what they copy from the checkout.
let image: string;
before(async () => {
  image = await mkdtemp(join(tmpdir(), 'osum-image-'));
  await chmod(image, 0o755);
  await assembleApp(root, join(image, 'app'));
  await assembleSystem(image);
  await cp(join(root, 'models', 'osum-nano'), join(image, 'osum-nano'), { recursive: true });
  await cp(join(root, 'deploy', 'images', 'copy-package.mjs'), join(image, 'copy-package.mjs'));
  await cp(join(root, 'test', 'recordings'), join(image, 'recordings'), { recursive: true });
});
after(() => rm(image, { recursive: true }));

/** Runs the entrypoint of an image within its file system: nothing of this machine is in sight. */
async function runImage(name: string, args: readonly string[]): Promise<string> {
  const entry = JSON.parse(
    only(stagesOf(join(root, bake.target[name]!.dockerfile)).at(-1)!, 'ENTRYPOINT').getArgumentsContent()!,
  ) as string[];
  const asUser = [`--userspec=${imageUser}:${imageUser}`];
  // Without root's rights this user stands in for root, and so for the image's user too.
  const [program, ...rest] =
    process.getuid?.() === 0
      ? ['/usr/sbin/chroot', ...asUser, image]
      : ['/usr/bin/unshare', '--map-root-user', '/usr/sbin/chroot', image];
  const { stdout } = await promisify(execFile)(program!, [...rest, ...entry, ...args], { env: {} });
  return stdout;
}

test('the image of the services starts each of them, as its user and with nothing else in sight', async () => {
  for (const stage of ['features', 'encoder', 'adapter', 'decoder', 'router', 'gateway']) {
    assert.match(
      await runImage('osum-mesh', ['serve', stage, '--help']),
      new RegExp(`Usage: osum serve ${stage}`),
    );
  }
});

test('the image of the services finds its device and answers a question', async () => {
  const report = JSON.parse(await runImage('osum-mesh', ['doctor', '--json']));
  assert.equal(report.backend.kind, 'host');
  const args = ['understand', '--package', '/osum-nano', '--device', 'host', '--tags', '<asr>', '--json'];
  const answer = JSON.parse(await runImage('osum-mesh', [...args, '/recordings/hold-fast.ogg']));
  assert.match(answer.result.transcript.text, /\w/);
});

test('the image of the model package copies it to the folder that it is given', async () => {
  const target = join(image, 'models');
  await mkdir(target);
  // As an empty volume is to the pod's user.
  await chmod(target, 0o777);
  const said = JSON.parse(await runImage('osum-nano', ['/models/osum-nano']));
  assert.equal(said.to, '/models/osum-nano');
  assert.deepEqual(
    (await readdir(join(target, 'osum-nano'))).sort(),
    (await readdir(join(root, 'models', 'osum-nano'))).sort(),
  );
  await assert.rejects(
    runImage('osum-nano', ['/etc/none']),
    /cannot copy \/osum-nano to \/etc\/none: .*EACCES/,
  );
});

test('the image has no shell, and tells scanners what its libraries are', async () => {
  assert.deepEqual(await readdir(join(image, 'bin')), ['node']);
  const packages = await readdir(join(image, 'var', 'lib', 'dpkg', 'status.d'));
  assert.deepEqual(packages.sort(), ['libc6', 'libgcc-s1', 'libstdc++6']);
  assert.deepEqual((await readdir(join(image, 'app', 'native', 'build'))).sort(), [
    'ascendcl.node',
    'libhostacl-8.1.so',
    'libhostacl.so',
  ]);
});

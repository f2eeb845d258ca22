import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSyntheticPackage } from '../testing/synthetic-package.js';
import type { Manifest } from './manifest.js';
import { openPackage } from './model-package.js';
import { VerifiedFiles } from './verified-files.js';

/** Longer than a tick of the file system's clock. */
const TICK_MS = 20;

let root: string;
let directory: string;
let manifest: Manifest;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'osum-verified-'));
  directory = join(root, 'package');
  manifest = await writeSyntheticPackage(directory);
  await sleep(TICK_MS);
});

after(() => rm(root, { recursive: true }));

/** Verifies the decoder's file against a digest, as a process of its own would. */
async function verify(store: VerifiedFiles, sha256 = manifest.files.decoder.sha256): Promise<void> {
  const files = { ...manifest.files, decoder: { ...manifest.files.decoder, sha256 } };
  await writeFile(join(directory, 'model.json'), JSON.stringify({ ...manifest, files }));
  await (await openPackage(directory, store)).verify('decoder');
}

test('a file that was verified is not read again until it changes', async () => {
  const store = new VerifiedFiles(join(root, 'cache'), 0, 0);
  await verify(store);
  assert.equal((await readdir(join(root, 'cache'))).length, 1);
  // A digest that the content does not have, remembered for its present state: whoever reads the file finds out.
  const path = join(directory, manifest.files.decoder.path);
  const other = '0'.repeat(64);
  await store.add(path, (await store.identityOf(path))!, other);
  await verify(store, other);
  await assert.rejects(verify(store, '1'.repeat(64)), /has the SHA-256/, 'another package at the same place');
  await writeFile(path, await readFile(path));
  await assert.rejects(verify(store, other), /has the SHA-256/, 'written again');
  await verify(store);
});

test('small files, files that have just been written, and failures are not remembered', async () => {
  const path = join(directory, manifest.files.decoder.path);
  assert.equal(await new VerifiedFiles(root, 2 ** 30).identityOf(path), null);
  await writeFile(path, await readFile(path));
  assert.equal(await new VerifiedFiles(root, 0).identityOf(path), null);
  await sleep(TICK_MS);
  const store = new VerifiedFiles(join(root, 'failures'), 0, 0);
  await assert.rejects(verify(store, '0'.repeat(64)), /has the SHA-256/);
  await assert.rejects(readdir(join(root, 'failures')), { code: 'ENOENT' });
});

test('without a folder to remember in, files are read each time', async () => {
  const taken = join(root, 'a-file');
  await writeFile(taken, '');
  const store = new VerifiedFiles(taken, 0, 0);
  await verify(store);
  await assert.rejects(verify(store, '0'.repeat(64)), /has the SHA-256/);
});

import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Manifest, PUBLISHED_MODEL, weightBytes } from '@osum/nn';
import { runOsum } from '../testing/run-osum.js';
import { shippedPackage } from './embedded-mesh.js';

/** Room for encoder and adapter, but not for 15 GiB of language model, whatever this machine has. */
process.env.HOSTACL_DEVICE_MEMORY = String(8 * 2 ** 30);

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-too-large-'));
  const manifest = JSON.parse(await readFile(join(shippedPackage, 'model.json'), 'utf8')) as Manifest;
  const { name, weights, audio, encoder, adapter, decoder } = PUBLISHED_MODEL;
  Object.assign(manifest, { name, weights, audio, encoder, adapter, decoder });
  for (const stage of ['encoder', 'adapter', 'decoder'] as const) {
    // Holes of the published length: their content would not pass the checksum.
    manifest.files[stage].bytes = weightBytes(manifest, stage, weights);
    await using file = await open(join(folder, manifest.files[stage].path), 'w');
    await file.truncate(manifest.files[stage].bytes);
  }
  const tokenizer = await readFile(join(shippedPackage, manifest.files.tokenizer.path));
  await writeFile(join(folder, manifest.files.tokenizer.path), tokenizer);
  await writeFile(join(folder, 'model.json'), JSON.stringify(manifest));
});

after(() => rm(folder, { recursive: true }));

test('a decoder of the published size in bf16 refuses in one sentence where memory does not suffice', async () => {
  assert.ok((await stat(join(folder, 'decoder.safetensors'))).size > 16e9);
  const run = await runOsum(['serve', 'decoder', '--package', folder, '--listen', '127.0.0.1:0']);
  assert.equal(run.code, 1, run.stderr);
  assert.equal(run.stdout, '');
  // 16 sequences of 8 KV blocks of 17 MiB, and the working memory of a step.
  assert.match(
    run.stderr,
    /^osum: decoder\.safetensors takes 15\.0 GiB and 2\.\d GiB beside it, but host device 0 \(CPU\) has \d\.\d GiB left; convert with --dtype int8, [^\n]*\n$/,
  );
});

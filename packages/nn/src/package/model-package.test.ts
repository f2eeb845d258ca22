import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { writeSyntheticPackage } from '../testing/synthetic-package.js';
import type { Manifest } from './manifest.js';
import { openPackage } from './model-package.js';
import { PackageError, type PackageFault } from './package-error.js';
import { readSafetensors } from './safetensors.js';

let root: string;
let directory: string;
let count = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'osum-package-'));
});

beforeEach(async () => {
  directory = join(root, String(count++));
  await writeSyntheticPackage(directory, { weights: 'bf16' });
});

after(() => rm(root, { recursive: true }));

async function rejectsWith(work: Promise<unknown>, fault: PackageFault, message: RegExp): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof PackageError, String(error));
    assert.equal(error.fault, fault);
    assert.match(error.message, message);
    assert.ok(!error.message.includes('\n'), 'one sentence');
    return true;
  });
}

async function editManifest(edit: (manifest: Record<string, unknown> & Manifest) => void): Promise<void> {
  const path = join(directory, 'model.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  edit(manifest);
  await writeFile(path, JSON.stringify(manifest));
}

test('a whole package opens, verifies, and lists its tensors', async () => {
  const opened = await openPackage(directory);
  assert.equal(opened.manifest.decoder.vocab, 97);
  await opened.verify('encoder');
  const table = await readSafetensors(opened.path('encoder'));
  const weight = table.tensors.get('encoder.embed.conv.0.weight')!;
  assert.deepEqual([weight.dtype, weight.shape], ['bf16', [64, 80, 3]]);
  assert.equal(weight.byteOffset % 64, 0, 'the first tensor is aligned');
});

test('a folder without model.json is refused', async () => {
  await rejectsWith(openPackage(root), 'not-found', /holds no model.json; give the folder/);
});

test('another format version is refused with both versions', async () => {
  await editManifest((m) => Object.assign(m, { format: 'osum-package/9' }));
  await rejectsWith(openPackage(directory), 'format-version', /"osum-package\/9".*"osum-package\/1"/);
});

test('a manifest that is no JSON, lacks a key or contradicts itself is refused by name', async () => {
  await editManifest((m) => Object.assign(m.decoder, { heads: 3 }));
  await rejectsWith(openPackage(directory), 'manifest', /decoder: heads is a multiple of kvHeads/);
  await editManifest((m) => {
    Object.assign(m.decoder, { heads: 4 });
    Object.assign(m.adapter, { outWidth: 63 });
  });
  await rejectsWith(openPackage(directory), 'manifest', /adapter.outWidth: equals decoder.width/);
  await editManifest((m) => Reflect.deleteProperty(m, 'prompts'));
  await rejectsWith(openPackage(directory), 'manifest', /prompts/);
  await writeFile(join(directory, 'model.json'), '{');
  await rejectsWith(openPackage(directory), 'manifest', /not JSON/);
});

test('a file name that leaves the package is refused', async () => {
  await editManifest((m) => Object.assign(m.files.encoder, { path: '../encoder.safetensors' }));
  await rejectsWith(openPackage(directory), 'manifest', /files.encoder.path: is a plain file name/);
});

test('a missing and a truncated file are refused at once', async () => {
  await truncate(join(directory, 'adapter.safetensors'), 1000);
  await rejectsWith(
    openPackage(directory),
    'file-size',
    /adapter.safetensors is 1000 bytes long, but model.json says/,
  );
  await rm(join(directory, 'adapter.safetensors'));
  await rejectsWith(openPackage(directory), 'file-missing', /adapter.safetensors is missing/);
});

test('a changed byte is found by the checksum', async () => {
  const path = join(directory, 'decoder.safetensors');
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
  const opened = await openPackage(directory);
  await opened.verify('encoder');
  await rejectsWith(
    opened.verify('decoder'),
    'checksum',
    /decoder.safetensors has the SHA-256 .* damaged or exchanged/,
  );
});

test('headers that lie are refused', async () => {
  const path = join(root, 'bad.safetensors');
  const write = async (header: string, data = ''): Promise<void> => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await writeFile(path, Buffer.concat([length, Buffer.from(header), Buffer.from(data)]));
  };
  const bad = (message: RegExp): Promise<void> => rejectsWith(readSafetensors(path), 'safetensors', message);
  await writeFile(path, 'short');
  await bad(/ends after 5 bytes/);
  await writeFile(path, Buffer.alloc(64, 0xff));
  await bad(/claims .* bytes of a file of 64/);
  await write('not json');
  await bad(/header is not JSON/);
  await write('{"w":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}', 'x');
  await bad(/w has the unknown element type "F8"/);
  await write('{"w":{"dtype":"I8","shape":[-1],"data_offsets":[0,1]}}', 'x');
  await bad(/not lists of whole numbers/);
  await write('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', '1234');
  await bad(/w needs 8 bytes, but its offsets span 4/);
  await write('{"w":{"dtype":"I8","shape":[8],"data_offsets":[0,8]}}', '1234');
  await bad(/w ends at byte/);
});

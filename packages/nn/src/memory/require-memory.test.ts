import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostDevice } from '../golden/host-device.js';
import { openPackage } from '../package/model-package.js';
import { PackageError } from '../package/package-error.js';
import { PanguDecoder } from '../pangu-decoder.js';
import { writeSyntheticPackage } from '../testing/synthetic-package.js';
import { requireMemory } from './require-memory.js';

const refusal = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof PackageError, String(error));
  assert.equal(error.fault, 'memory');
  assert.match(error.message, message);
  return true;
};

const weights = (bytes: number) => ({ path: 'decoder.safetensors', sha256: '0'.repeat(64), bytes });

test('weights that do not fit are refused in one sentence, before the file is read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'osum-memory-'));
  try {
    const manifest = await writeSyntheticPackage(directory, { weights: 'bf16' });
    const device = await hostDevice();
    const { totalBytes } = await device.memory();
    // A hole of the file: were it read, the checksum would be what is wrong.
    const bytes = totalBytes + 1;
    await truncate(join(directory, manifest.files.decoder.path), bytes);
    manifest.files.decoder.bytes = bytes;
    await writeFile(join(directory, 'model.json'), JSON.stringify(manifest));
    await assert.rejects(
      PanguDecoder.load(device, await openPackage(directory)),
      refusal(
        /^decoder\.safetensors takes [\d.]+ GiB and 0\.\d+ GiB beside it, but host device 0 \(CPU\) has [\d.]+ GiB left; convert with --dtype int8, .*HOSTACL_DEVICE_MEMORY \(bytes\)$/,
      ),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('what is allocated beside the weights counts, and what is mapped already', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'osum-memory-'));
  try {
    const device = await hostDevice();
    const { freeBytes } = await device.memory();
    await requireMemory(device, weights(1), 1);
    await assert.rejects(requireMemory(device, weights(1), freeBytes), refusal(/left/));
    const hole = join(directory, 'hole');
    await writeFile(hole, '');
    await truncate(hole, freeBytes);
    const file = await device.mapFile(hole);
    await assert.rejects(requireMemory(device, weights(1), 1), refusal(/has 0\.000 GiB left/));
    await file.dispose();
    await requireMemory(device, weights(1), 1);
  } finally {
    await rm(directory, { recursive: true });
  }
});

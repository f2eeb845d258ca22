import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DecoderRunner } from '../decode/decoder-runner.js';
import { hostDevice } from '../golden/host-device.js';
import { openPackage } from '../package/model-package.js';
import { PackageError } from '../package/package-error.js';
import { PanguDecoder } from '../pangu-decoder.js';
import { writeSyntheticPackage } from '../testing/synthetic-package.js';
import { planDevice } from './device-plan.js';

const MEMORY_BYTES = 24 << 20;
const STEP_ROWS = 64;

process.env.HOSTACL_DEVICE_MEMORY = String(MEMORY_BYTES); // read when the host device is opened

test('a decoder starts with the KV blocks that were planned for its device, and not with three more', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'osum-plan-'));
  try {
    const manifest = await writeSyntheticPackage(directory, { weights: 'bf16' });
    const device = await hostDevice();
    assert.equal((await device.memory()).totalBytes, MEMORY_BYTES);
    const plan = planDevice(
      manifest,
      // What the plan leaves out: the header of the file, and what the runtime adds to an allocation.
      { memoryBytes: MEMORY_BYTES, reserveBytes: 64 << 10, bytesPerSecond: null },
      {
        audioSeconds: 1,
        promptPositions: 30,
        batchSeconds: 1,
        stepRows: STEP_ROWS,
        stages: 'decoder',
      },
    );
    assert.ok(plan.sessions > 10, `${plan.sessions} sessions`);
    const load = async (moreBlocks: number): Promise<void> => {
      const sizes = {
        kvBlocks: plan.kvBlocks + moreBlocks,
        maxSequences: plan.sessions,
        maxRows: Math.max(STEP_ROWS, plan.sessions),
      };
      const besideBytes = DecoderRunner.bytesFor(manifest.decoder, 'bf16', sizes);
      const opened = await openPackage(directory);
      await using decoder = await PanguDecoder.load(device, opened, { besideBytes });
      await using runner = await DecoderRunner.create(decoder, sizes);
      assert.equal(runner.cache.pool.freeBlocks, sizes.kvBlocks);
    };
    await load(0);
    // A block is 32 KiB: what the plan keeps free holds two more at most.
    await assert.rejects(load(3), (error: unknown) => {
      assert.ok(error instanceof PackageError && error.fault === 'memory', String(error));
      return true;
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});

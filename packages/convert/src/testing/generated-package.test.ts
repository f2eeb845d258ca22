import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBackend } from '@osum/device';
import { ModalityAdapter, openPackage, PanguDecoder, PUBLISHED_MODEL, WhisperEncoder } from '@osum/nn';
import { writeGeneratedPackage } from './generated-package.js';
import { DIMS } from './published-checkpoint.js';
import { valuesOf } from './workbench.js';

test('a generated package is whole, the same each time, and its stages load', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'osum-generated-'));
  const backend = await openBackend({ prefer: 'host' });
  const device = await backend.openDevice(0);
  try {
    const model = { ...PUBLISHED_MODEL, ...DIMS };
    for (const weights of ['int8', 'bf16'] as const) {
      const path = join(folder, weights);
      const { files } = await writeGeneratedPackage(path, model, weights);
      assert.deepEqual((await writeGeneratedPackage(join(folder, 'again'), model, weights)).files, files);
      const opened = await openPackage(path);
      for (const stage of [WhisperEncoder, ModalityAdapter, PanguDecoder]) {
        const loaded = await stage.load(device, opened);
        await loaded[Symbol.asyncDispose]();
      }
      await opened.verify('tokenizer');
    }
    const weight = await valuesOf(
      join(folder, 'bf16', 'decoder.safetensors'),
      'model.layers.0.mlp.down_proj.weight',
    );
    const power = weight.reduce((sum, value) => sum + value * value, 0) / weight.length;
    const gain = Math.sqrt(power * DIMS.decoder.ffn);
    assert.ok(Math.abs(gain - 1) < 0.1, `unit gain, not ${gain}`);
    const norm = await valuesOf(join(folder, 'int8', 'decoder.safetensors'), 'model.norm.weight');
    assert.ok(norm.every((value) => value === 1));
  } finally {
    await device.close();
    await rm(folder, { recursive: true });
  }
});

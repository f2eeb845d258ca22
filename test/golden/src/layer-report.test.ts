import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { convertCheckpoint } from '@osum/convert';
import { openPackage, readSafetensors } from '@osum/nn';
import { layerReport } from './layer-report.js';
import { writeReference } from './reference.js';

/** A weight of each stage that is spoilt, and the layer that must be named. */
const FAULTS = [
  ['encoder', 'encoder.encoders.1.feed_forward.w_2.weight', 'encoder.encoders.1'],
  ['adapter', 'speech_transformer.encoders.0.self_attn.linear_out.weight', 'speech_transformer.encoders.0'],
  ['decoder', 'model.layers.1.mlp.up_proj.weight', 'model.layers.1'],
] as const;

test('the report of a difference marks the layer at fault', async () => {
  const reference = await writeReference('published', { count: 1, tokens: 1 });
  try {
    for (const [stage, weight, layer] of FAULTS) {
      const out = join(reference.folder, stage);
      await convertCheckpoint({ ...reference.options, out, weights: 'fp32' });
      await spoil(out, stage, weight);
      const report = await layerReport(out, reference, reference.answers[0]!);
      const marked = report.split('\n').filter((line) => line.endsWith('<- here'));
      assert.equal(marked.length, 1, report);
      assert.match(marked[0]!, new RegExp(`^ +${layer.replaceAll('.', '\\.')} `));
    }
  } finally {
    await reference.remove();
  }
});

/** Puts zeros in the place of a weight, and the file's new digest into model.json. */
async function spoil(
  folder: string,
  stage: 'encoder' | 'adapter' | 'decoder',
  weight: string,
): Promise<void> {
  const opened = await openPackage(folder);
  const path = opened.path(stage);
  const { byteOffset, bytes } = (await readSafetensors(path)).tensors.get(weight)!;
  const handle = await open(path, 'r+');
  await handle.write(Buffer.alloc(bytes), 0, bytes, byteOffset);
  await handle.close();
  const manifest = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
  manifest.files[stage].sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  await writeFile(join(folder, 'model.json'), JSON.stringify(manifest));
}

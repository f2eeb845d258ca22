import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { convertCheckpoint } from '@osum/convert';
import { openPackage } from '@osum/nn';
import { answersOfMesh } from './mesh-answers.js';
import { runPython, writeReference } from './reference.js';

test('int8 weights have the very bits that the training code writes, and a mesh serves them', async () => {
  const reference = await writeReference('merged', { count: 4, tokens: 4 });
  try {
    const out = join(reference.folder, 'package');
    await convertCheckpoint({ ...reference.options, out, weights: 'int8' });
    const compared = Number(runPython('osum_reference.check_int8', 'merged', out));
    const { encoder, adapter, decoder } = (await openPackage(out)).manifest;
    const linear = 6 * encoder.layers + (6 * adapter.layers + 2) + (7 * decoder.layers + 1);
    assert.equal(compared, linear);
    const answers = await answersOfMesh(out, reference.answers, 4);
    assert.ok(answers.every(({ ids }) => ids.length > 0));
  } finally {
    await reference.remove();
  }
});

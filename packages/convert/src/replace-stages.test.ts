import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { openPackage } from '@osum/nn';
import { convertCheckpoint } from './convert-checkpoint.js';
import { type TestTensor, testTensor } from './testing/torch-file.js';
import { createWorkbench, digests, rejectsWith, type Workbench } from './testing/workbench.js';

let bench: Workbench;

before(async () => {
  bench = await createWorkbench();
});

after(() => bench.remove());

/** The same checkpoint with other weights in its adapter. */
function otherAdapter(tensors: Map<string, TestTensor>): void {
  tensors.set('speech_llama_proj.bias', testTensor('f32', [30], new Float32Array(30).fill(0.5)));
}

test('a stage of a package is replaced; all else in it stays', async () => {
  await convertCheckpoint(bench.options('package', { weights: 'bf16' }));
  const before = await digests(bench.at('package'));
  const path = bench.at('package/model.json');
  const scored = JSON.parse(await readFile(path, 'utf8'));
  scored.tasks.asr.scores = [{ metric: 'wer', value: 0.1, on: 'test' }];
  scored.future = { key: 'of a later version' };
  await writeFile(path, JSON.stringify(scored));

  const checkpoint = await bench.checkpoint('other.pt', otherAdapter);
  const options = { checkpoint, llm: undefined, weights: undefined, stages: ['adapter'] } as const;
  const report = await convertCheckpoint(bench.options('package', options));
  assert.equal(report.unused.get('of the encoder, which is not converted'), 37);
  assert.deepEqual(report.notes, [
    'the scores in model.json are those of before; osum eval --write-scores measures anew',
  ]);
  const after = await digests(bench.at('package'));
  assert.notEqual(after.adapter, before.adapter);
  assert.deepEqual([after.encoder, after.decoder], [before.encoder, before.decoder]);
  const opened = await openPackage(bench.at('package'));
  for (const file of ['encoder', 'adapter', 'decoder', 'tokenizer'] as const) await opened.verify(file);
  const json = JSON.parse(await readFile(path, 'utf8'));
  assert.deepEqual(json.tasks.asr.scores, scored.tasks.asr.scores);
  assert.deepEqual(json.future, scored.future);
  assert.deepEqual(
    json.provenance.conversions.map(({ stages }: { stages: string[] }) => stages),
    [['encoder', 'adapter', 'decoder'], ['adapter']],
  );
});

test('a stage needs a package to go into, in its kind of weights, that fits what stays', async () => {
  await rejectsWith(
    convertCheckpoint(bench.options('nothing', { stages: ['decoder'] })),
    'target',
    /--stage replaces files of a package, but .* holds none/,
  );
  await convertCheckpoint(bench.options('fitting'));
  await rejectsWith(
    convertCheckpoint(bench.options('fitting', { stages: ['encoder'], weights: 'int8' })),
    'options',
    /stores its weights in fp32/,
  );
  const checkpoint = await bench.checkpoint('wide.pt', (tensors) => {
    for (const [key, { shape }] of [...tensors]) {
      if (!key.startsWith('encoder.')) continue;
      const wider = shape.map((extent) => (extent === 24 ? 48 : extent));
      tensors.set(key, testTensor('f32', wider, new Float32Array(wider.reduce((a, b) => a * b))));
    }
    tensors.delete('encoder.embed.pos_enc.pe');
  });
  await rejectsWith(
    convertCheckpoint(bench.options('fitting', { stages: ['encoder'], checkpoint })),
    'layout',
    /the package's adapter does not fit the new encoder; convert it too/,
  );
});

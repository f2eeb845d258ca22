import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createWorkbench, type Workbench } from '@osum/convert/testing';
import { openPackage } from '@osum/nn';
import { runOsum } from '../testing/run-osum.js';

let bench: Workbench;
let folder: string;

before(async () => {
  bench = await createWorkbench();
  folder = await mkdtemp(join(tmpdir(), 'osum-convert-cli-'));
});

after(async () => {
  await bench.remove();
  await rm(folder, { recursive: true });
});

const published = (): string[] => [
  ...['convert', '--checkpoint', bench.at('published.pt'), '--llm', bench.at('llm')],
  ...['--encoder-heads', '3', '--lora-alpha', '2'],
];

test('a checkpoint is checked, then converted; what was done is told, and where the package is', async () => {
  const out = join(folder, 'package');
  const checked = await runOsum([...published(), '--out', out, '--check']);
  assert.equal(checked.code, 0, checked.stderr);
  assert.match(checked.stderr, /can be converted: .* GB in \d+ tensors/);
  await assert.rejects(openPackage(out));

  const run = await runOsum([...published(), '--out', out, '--dtype', 'int8']);
  assert.equal(run.code, 0, run.stderr);
  assert.equal(run.stdout, `${out}\n`);
  assert.match(run.stderr, /LoRA of rank 4 merged with scale 0\.5\nleft out: 2 of ln_speech/);
  assert.equal((await openPackage(out)).manifest.weights, 'int8');
});

test('what cannot be converted exits with 1 and says everything; wrong options exit with 2', async () => {
  const out = join(folder, 'never');
  const checkpoint = await bench.checkpoint('wrong.pt', (tensors) => {
    tensors.delete('encoder.after_norm.bias');
    tensors.delete('speech_llama_proj.bias');
  });
  const wrong = await runOsum([...published(), '--checkpoint', checkpoint, '--out', out]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /^osum: the tensors do not make up the model/);
  assert.match(wrong.stderr, /missing \(2\):\n {4}encoder\.after_norm\.bias\n {4}speech_llama_proj\.bias/);
  await writeFile(join(folder, 'text.pt'), 'text');
  const other = await runOsum([...published(), '--checkpoint', join(folder, 'text.pt'), '--out', out]);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /^osum: text\.pt is neither a torch nor a safetensors file/);

  const usages: [string[], RegExp][] = [
    [['convert', '--out', out], /--checkpoint <file>' not specified/],
    [[...published(), '--out', out, '--dtype', 'int4'], /Allowed choices are bf16, int8, fp32/],
    [[...published(), '--out', out, '--max-seconds', '500'], /expected 1 to 400 seconds/],
    [['convert', '--checkpoint', bench.at('published.pt'), '--out', out], /give its folder with --llm/],
  ];
  for (const [args, sentence] of usages) {
    const run = await runOsum(args);
    assert.equal(run.code, 2, `${args.join(' ')}: ${run.stderr}`);
    assert.match(run.stderr, sentence);
  }
});

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { openPackage } from '@osum/nn';
import { syntheticValues, writeSafetensors, writeSyntheticPackage } from '@osum/nn/testing';
import { openCheckpoint } from './checkpoint/open-checkpoint.js';
import { convertCheckpoint } from './convert-checkpoint.js';
import {
  checkpointKey,
  DIMS,
  LORA,
  packageSpecs,
  publishedTensors,
  writeLanguageModel,
} from './testing/published-checkpoint.js';
import { type TestTensor, testTensor, writeTorchFile } from './testing/torch-file.js';
import { createWorkbench, digests, valuesOf, type Workbench } from './testing/workbench.js';

let bench: Workbench;
let published: Record<string, string>;

before(async () => {
  bench = await createWorkbench();
  await convertCheckpoint(bench.options('published'));
  published = await digests(bench.at('published'));
});

after(() => bench.remove());

const stageFiles = ['encoder', 'adapter', 'decoder'] as const;

test('a published checkpoint becomes the package of its weights, LoRA merged, nothing else in it', async () => {
  const { encoder, adapter, decoder } = DIMS;
  const options = { weights: 'fp32', encoder, adapter, decoder, lora: LORA } as const;
  await writeSyntheticPackage(bench.at('formula'), options);
  for (const stage of stageFiles) {
    await using expected = await openCheckpoint(bench.at(`formula/${stage}.safetensors`));
    await using found = await openCheckpoint(bench.at(`published/${stage}.safetensors`));
    assert.deepEqual([...found.tensors.keys()], [...expected.tensors.keys()]);
    for (const name of expected.tensors.keys()) {
      const values = await valuesOf(bench.at(`published/${stage}.safetensors`), name);
      const wanted = await valuesOf(bench.at(`formula/${stage}.safetensors`), name);
      const isMerged = /_proj\.weight$/.test(name) && !name.includes('up_proj') && stage === 'decoder';
      const difference = Math.max(...values.map((value, i) => Math.abs(value - wanted[i]!)));
      assert.ok(difference <= (isMerged ? 2e-7 : 0), `${name} differs by ${difference}`);
    }
  }
});

test('model.json carries dimensions, tokenizer, prompts to the letter, and how it was made', async () => {
  const opened = await openPackage(bench.at('published'));
  for (const file of [...stageFiles, 'tokenizer'] as const) await opened.verify(file);
  const { manifest } = opened;
  assert.deepEqual({ ...manifest.encoder, ...manifest.audio }, { ...DIMS.encoder, ...DIMS.audio });
  assert.deepEqual(manifest.adapter, DIMS.adapter);
  assert.deepEqual(manifest.decoder, DIMS.decoder);
  assert.equal(manifest.name, 'published');
  assert.deepEqual(manifest.generation, { maxNewTokens: 400, repetitionPenalty: 1.05 });
  assert.equal(manifest.passPrompt, 'instruction');
  assert.equal(manifest.intentPrefix, '请对以下文本进行意图分类。:');
  assert.equal(manifest.combinations.length, 22);
  assert.ok(Object.values(manifest.tasks).every(({ supported }) => supported));
  assert.deepEqual(manifest.tokenizer, {
    type: 'sentencepiece',
    bos: 1,
    eos: 1201,
    pad: 0,
    addedTokens: [
      { text: '<unk>', id: 0 },
      { text: '<s>', id: 1 },
      { text: '</s>', id: 2 },
      { text: '[unused10]', id: 1201 },
      { text: '<|User|>:', id: 1203 },
    ],
  });
  const [system, instruction, speech, tail] = manifest.prompts.understand;
  assert.match((system as { text: string }).text, /anaosum_echat2e paralinguistic cues .*responses\.First/);
  assert.deepEqual(instruction, { instruction: true, bos: true });
  assert.deepEqual(speech, { speech: true });
  assert.deepEqual(tail, { text: '<|im_end|>\n<|im_start|>assistant\n', bos: true });
  assert.deepEqual(manifest.prompts.intent[1], { instruction: true, bos: false });
  const [conversion] = manifest.provenance.conversions as { lora: unknown; prompts: string }[];
  assert.deepEqual(conversion!.lora, { rank: 4, scale: 0.5 });
  assert.equal(conversion!.prompts, 'serving');
});

test('the prompts of training, the rope switch and the longest utterance can be chosen', async () => {
  await convertCheckpoint(
    bench.options('chosen', { prompts: 'training', ropeRounding: 'fp32', maxSeconds: 30.5 }),
  );
  const { manifest } = await openPackage(bench.at('chosen'));
  assert.match((manifest.prompts.understand[0] as { text: string }).text, /and analyze paralinguistic/);
  assert.deepEqual(manifest.prompts.understand[1], { instruction: true, bos: false });
  assert.equal(manifest.decoder.ropeRounding, 'fp32');
  assert.deepEqual([manifest.audio.maxSeconds, manifest.encoder.maxFrames], [30.5, 1525]);
});

test('the report tells what was left out and merged', async () => {
  const report = await convertCheckpoint(bench.options('unwritten', { checkOnly: true }));
  assert.deepEqual(Object.fromEntries(report.unused), {
    'ln_speech, which is never called': 2,
    'the head of audio tokens': 2,
  });
  assert.deepEqual(report.lora, { rank: 4, scale: 0.5 });
  assert.equal(report.tensors, packageSpecs().length);
  assert.deepEqual(report.notes, ['the added token "[PAD]" is left out: its id 1207 has no embedding']);
  await assert.rejects(readFile(bench.at('unwritten/model.json')));
});

/** Each makes a checkpoint of the same weights in another form. */
const FORMS: Readonly<Record<string, (bench: Workbench) => Promise<Parameters<Workbench['options']>[1]>>> = {
  'inside of a training checkpoint': async (bench) => ({
    checkpoint: await bench.checkpoint('module.pt', () => {}, { container: 'module', others: [['step', 1]] }),
  }),
  'with the names of older peft': async (bench) => ({
    checkpoint: await bench.checkpoint('older.pt', (tensors) =>
      renameKeys(tensors, (key) => key.replace('.base_layer.', '.').replace('.default.', '.')),
    ),
  }),
  'with LoRA alone, the language model from its shards': async (bench) => {
    const names = packageSpecs().flatMap(({ name }) => (/^(model|lm_head)\./.test(name) ? [name] : []));
    await writeLanguageModel(bench.at('sharded'), {
      'model-00001-of-00002.safetensors': [
        ...names.slice(0, 9),
        'model.layers.0.self_attn.rotary_emb.inv_freq',
      ],
      'model-00002-of-00002.safetensors': names.slice(9),
    });
    const checkpoint = await bench.checkpoint('lora.pt', (tensors) => {
      for (const name of names) tensors.delete(checkpointKey(name));
    });
    return { checkpoint, llm: bench.at('sharded') };
  },
  'as safetensors': async (bench) => {
    const tensors = [...publishedTensors()].map(([name, { storage, shape }]) => ({
      name,
      shape,
      dtype: storage.dtype as 'f32',
      values: storage.values,
    }));
    await writeSafetensors(bench.at('published.safetensors'), tensors);
    return { checkpoint: bench.at('published.safetensors') };
  },
  "with an encoder of OpenAI's": async (bench) => ({
    checkpoint: await bench.checkpoint('deaf.pt', withoutEncoder),
    encoder: await writeWhisper(bench, 'openai.pt', OPENAI, [
      'encoder.positional_embedding',
      'decoder.ln.weight',
    ]),
  }),
  "with an encoder of Hugging Face's": async (bench) => ({
    checkpoint: await bench.checkpoint('deaf.pt', withoutEncoder),
    encoder: await writeWhisper(
      bench,
      'hf.pt',
      HUGGING_FACE,
      ['encoder.embed_positions.weight', 'decoder.layer_norm.weight', 'proj_out.weight'],
      'model.',
    ),
  }),
};

for (const [form, prepare] of Object.entries(FORMS)) {
  test(`the same weights ${form} give the same bytes`, async () => {
    const out = form.replace(/\W/g, '-');
    await convertCheckpoint(bench.options(out, await prepare(bench)));
    assert.deepEqual(await digests(bench.at(out)), published);
  });
}

test('a merged checkpoint needs no LoRA', async () => {
  const checkpoint = await bench.checkpoint('merged.pt', (tensors) => {
    for (const key of [...tensors.keys()]) if (key.includes('lora_')) tensors.delete(key);
    renameKeys(tensors, (key) => key.replace('.base_model.model.', '.').replace('.base_layer.', '.'));
    for (const spec of packageSpecs()) {
      const key = checkpointKey(spec.name).replace('.base_model.model.', '.').replace('.base_layer.', '.');
      if (!/_proj\.weight$/.test(key) || !key.startsWith('llama_model.')) continue;
      tensors.set(key, testTensor('f32', spec.shape, syntheticValues(spec, LORA)));
    }
  });
  const report = await convertCheckpoint(bench.options('merged', { checkpoint, loraAlpha: undefined }));
  assert.equal(report.lora, null);
  const { encoder, adapter } = published;
  assert.deepEqual(await digests(bench.at('merged'), ['encoder', 'adapter']), { encoder, adapter });
  const name = 'model.layers.1.mlp.down_proj.weight';
  assert.deepEqual(
    await valuesOf(bench.at('merged/decoder.safetensors'), name),
    await valuesOf(bench.at('formula/decoder.safetensors'), name),
  );
});

test("a model of Llama's shape without biases and with a tied head gets zeros and its embedding", async () => {
  const checkpoint = await bench.checkpoint('llama.pt', (tensors) => {
    for (const key of [...tensors.keys()]) {
      if (/^llama_model\..*(_proj\..*bias|lm_head\.weight)$/.test(key) || key === 'lm_head.weight')
        tensors.delete(key);
    }
  });
  await writeLanguageModel(bench.at('llama'), {}, { bias: undefined, tie_word_embeddings: true });
  const report = await convertCheckpoint(bench.options('from-llama', { checkpoint, llm: bench.at('llama') }));
  assert.match(report.notes.join(), /no q_proj\.bias, k_proj\.bias, v_proj\.bias, o_proj\.bias: zeros/);
  const decoder = bench.at('from-llama/decoder.safetensors');
  assert.ok((await valuesOf(decoder, 'model.layers.0.self_attn.o_proj.bias')).every((value) => value === 0));
  const [head, embedding] = [
    await valuesOf(decoder, 'lm_head.weight'),
    await valuesOf(decoder, 'model.embed_tokens.weight'),
  ];
  assert.deepEqual(head, embedding);
});

function renameKeys(tensors: Map<string, TestTensor>, rename: (key: string) => string): void {
  const renamed = [...tensors].map(([key, tensor]) => [rename(key), tensor] as const);
  tensors.clear();
  for (const [key, tensor] of renamed) tensors.set(key, tensor);
}

function withoutEncoder(tensors: Map<string, TestTensor>): void {
  for (const key of [...tensors.keys()]) if (key.startsWith('encoder.')) tensors.delete(key);
}

/** The package's words and those of Whisper, as the reference's section 2 sets them side by side. */
const OPENAI: readonly (readonly [string, string])[] = [
  ['encoder.encoders.', 'encoder.blocks.'],
  ['self_attn.linear_q', 'attn.query'],
  ['self_attn.linear_k', 'attn.key'],
  ['self_attn.linear_v', 'attn.value'],
  ['self_attn.linear_out', 'attn.out'],
  ['norm1', 'attn_ln'],
  ['norm2', 'mlp_ln'],
  ['feed_forward.w_1', 'mlp.0'],
  ['feed_forward.w_2', 'mlp.2'],
  ['after_norm', 'ln_post'],
  ['embed.conv.0', 'conv1'],
  ['embed.conv.2', 'conv2'],
];
const HUGGING_FACE: readonly (readonly [string, string])[] = [
  ['encoder.encoders.', 'encoder.layers.'],
  ['linear_q', 'q_proj'],
  ['linear_k', 'k_proj'],
  ['linear_v', 'v_proj'],
  ['linear_out', 'out_proj'],
  ['norm1', 'self_attn_layer_norm'],
  ['norm2', 'final_layer_norm'],
  ['feed_forward.w_1', 'fc1'],
  ['feed_forward.w_2', 'fc2'],
  ['after_norm', 'layer_norm'],
  ['embed.conv.0', 'conv1'],
  ['embed.conv.2', 'conv2'],
];

async function writeWhisper(
  bench: Workbench,
  file: string,
  words: readonly (readonly [string, string])[],
  others: readonly string[],
  prefix = '',
): Promise<string> {
  const tensors = new Map<string, TestTensor>();
  for (const [key, tensor] of publishedTensors()) {
    if (!key.startsWith('encoder.')) continue;
    const positions = key === 'encoder.embed.pos_enc.pe';
    const name = positions
      ? others[0]!
      : words.reduce((name, [ours, theirs]) => name.replace(ours, theirs), key);
    const [, frames, width] = tensor.shape;
    tensors.set(prefix + name, positions ? { ...tensor, shape: [frames!, width!] } : tensor);
  }
  for (const name of others.slice(1)) {
    tensors.set(name === 'proj_out.weight' ? name : prefix + name, testTensor('f32', [1], [0]));
  }
  await writeTorchFile(bench.at(file), tensors, { container: 'model_state_dict' });
  return bench.at(file);
}

import assert from 'node:assert/strict';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { convertCheckpoint } from './convert-checkpoint.js';
import type { ConvertOptions } from './convert-options.js';
import { packageSpecs, tokenizerConfig, writeLanguageModel } from './testing/published-checkpoint.js';
import { testTensor } from './testing/torch-file.js';
import { createWorkbench, rejectsWith, type Workbench } from './testing/workbench.js';

let bench: Workbench;

before(async () => {
  bench = await createWorkbench();
});

after(() => bench.remove());

const check = (changes: Partial<ConvertOptions>): Promise<unknown> =>
  convertCheckpoint(bench.options('never', { checkOnly: true, ...changes }));

const WRAPPED = 'llama_model.base_model.model.model.layers';

test('everything that is wrong with the tensors is said at once, by kind and by layer', async () => {
  const checkpoint = await bench.checkpoint('wrong.pt', (tensors) => {
    for (const layer of [0, 1]) tensors.delete(`${WRAPPED}.${layer}.mlp.up_proj.weight`);
    tensors.delete('speech_transformer.encoders.1.norm1.bias');
    tensors.delete(`${WRAPPED}.0.mlp.down_proj.lora_B.default.weight`);
    tensors.set('vocoder.weight', testTensor('f32', [1], [0]));
    tensors.set('encoder.encoders.0.self_attn.linear_k.bias', testTensor('f32', [24], new Float32Array(24)));
    tensors.set(
      `${WRAPPED}.1.mlp.up_proj.lora_A.default.weight`,
      testTensor('f32', [4, 30], new Float32Array(120)),
    );
    tensors.set(
      `${WRAPPED}.0.self_attn.q_proj.weight`,
      tensors.get(`${WRAPPED}.0.self_attn.q_proj.base_layer.weight`)!,
    );
    tensors.set('encoder.after_norm.weight', testTensor('f32', [23], new Float32Array(23)));
    tensors.set(
      `${WRAPPED}.1.mlp.gate_proj.base_layer.weight`,
      testTensor('f32', [43, 30], new Float32Array(1290)),
    );
    tensors.set('speech_llama_proj.bias', testTensor('i64', [30], new Array(30).fill(1)));
    tensors.set('embed_tokens.weight', testTensor('f32', [1207, 30], new Float32Array(1207 * 30)));
    tensors.set('encoder.embed.pos_enc.pe', testTensor('f32', [1, 5, 24], new Float32Array(120)));
  });
  await rejectsWith(
    check({ checkpoint }),
    'layout',
    / {2}missing \(4\):/,
    / {4}model\.layers\.N\.mlp\.up_proj\.weight \(N = 0-1\)/,
    / {4}speech_transformer\.encoders\.N\.norm1\.bias \(N = 1\)/,
    / {4}lora_B of model\.layers\.N\.mlp\.down_proj\.weight \(N = 0\)/,
    / {2}not part of the model \(--leave-out drops them\) \(3\):/,
    / {4}vocoder\.weight: in wrong\.pt/,
    / {4}encoder\.encoders\.N\.self_attn\.linear_k\.bias: in wrong\.pt \(N = 0\)/,
    / {4}llama_model\..*\.N\.mlp\.up_proj\.lora_A\.default\.weight: in wrong\.pt \(N = 1\)/,
    / {2}present more than once \(1\):\n.*q_proj\.weight: wrong\.pt has it as .* and under another key/,
    / {2}of another shape \(2\):/,
    / {4}encoder\.after_norm\.weight: \[24\] expected, wrong\.pt has \[23\]/,
    / {4}model\.layers\.N\.mlp\.gate_proj\.weight: \[44,30\] expected, wrong\.pt has \[43,30\] \(N = 1\)/,
    / {2}of another type \(1\):\n {4}speech_llama_proj\.bias: floats expected, wrong\.pt has i64/,
    / {2}of other content \(2\):/,
    / {4}embed_tokens\.weight: it is to equal .*model\.embed_tokens\.weight, but differs/,
    / {4}encoder\.embed\.pos_enc\.pe: wrong\.pt holds another table than the encoder's sinusoids/,
  );
});

test('keys that nobody knows can be left out by name, but what is needed is then missing', async () => {
  const checkpoint = await bench.checkpoint('more.pt', (tensors) => {
    for (const name of ['vocoder.a', 'vocoder.b']) tensors.set(name, testTensor('f32', [1], [0]));
  });
  await rejectsWith(check({ checkpoint }), 'layout', /vocoder\.a: in more\.pt/);
  const options = bench.options('never', { checkOnly: true, checkpoint, leaveOut: ['vocoder.'] });
  assert.equal((await convertCheckpoint(options)).unused.get('what was to be left out'), 2);
  await rejectsWith(
    check({ checkpoint, leaveOut: ['vocoder.', 'encoder.after'] }),
    'layout',
    /missing \(2\):\n {4}encoder\.after_norm\.weight\n/,
  );
});

test('stages that are missing altogether are said by the tensors that decide them', async () => {
  const checkpoint = await bench.checkpoint('adapter-only.pt', (tensors) => {
    for (const key of [...tensors.keys()]) {
      if (/^(encoder|llama_model|embed_tokens|lm_head)\./.test(key)) tensors.delete(key);
    }
  });
  await rejectsWith(
    check({ checkpoint }),
    'layout',
    /encoder\.embed\.conv\.0\.weight: it decides dimensions/,
    /encoder\.encoders\.N\.feed_forward\.w_1\.weight: it decides dimensions/,
    /model\.embed_tokens\.weight: it decides dimensions/,
    /model\.layers\.N\.mlp\.gate_proj\.weight: it decides dimensions/,
  );
});

test('a layer that is missing between others shows, and a wild layer number is an unknown key', async () => {
  const gap = await bench.checkpoint('gap.pt', (tensors) => {
    for (const key of [...tensors.keys()]) if (key.startsWith('encoder.encoders.0.')) tensors.delete(key);
  });
  await rejectsWith(
    check({ checkpoint: gap }),
    'layout',
    /missing \(15\):/,
    /encoder\.encoders\.N\.norm1\.weight \(N = 0\)/,
  );
  const wild = await bench.checkpoint('wild.pt', (tensors) => {
    tensors.set('encoder.encoders.999999999.norm1.weight', testTensor('f32', [24], new Float32Array(24)));
  });
  await rejectsWith(check({ checkpoint: wild }), 'layout', /not part of the model .*\(1\):/, /N = 999999999/);
});

test('config.json must agree with the tensors and be of an architecture that is served', async () => {
  const config = async (changes: Record<string, unknown>): Promise<Partial<ConvertOptions>> => {
    await writeLanguageModel(bench.at('changed'), {}, changes);
    return { llm: bench.at('changed') };
  };
  await rejectsWith(
    check(await config({ num_hidden_layers: 34, intermediate_size: 12_800 })),
    'layout',
    /contradicted by config\.json \(2\):/,
    /num_hidden_layers: it says 34, the tensors have 2/,
    /intermediate_size: it says 12800, the tensors have 44/,
  );
  await rejectsWith(
    check(await config({ num_key_value_heads: 1 })),
    'layout',
    /self_attn\.k_proj\.weight: \[10,30\] expected, published\.pt has \[30,30\] \(N = 0-1\)/,
  );
  await rejectsWith(check(await config({ rms_norm_eps: 0 })), 'config', /rms_norm_eps/);
  await rejectsWith(check(await config({ hidden_act: 'gelu' })), 'config', /hidden_act/);
  await rejectsWith(check(await config({ rope_scaling: { factor: 2 } })), 'config', /rope_scaling/);
  await rejectsWith(check(await config({ sliding_window: 4096 })), 'config', /window is not served/);
  await rejectsWith(check(await config({ head_dim: 9 })), 'config', /head_dim.*even/);
  await writeFile(bench.at('changed/config.json'), '{');
  await rejectsWith(check({ llm: bench.at('changed') }), 'damaged', /config\.json is not JSON/);
  await rejectsWith(check({ llm: bench.folder }), 'not-found', /holds no config\.json/);
  await rejectsWith(check({ llm: undefined }), 'options', /give its folder with --llm/);
});

test('a language model of another width does not fit the adapter', async () => {
  const checkpoint = await bench.checkpoint('narrow.pt', (tensors) => {
    tensors.set('speech_llama_proj.weight', testTensor('f32', [28, 24], new Float32Array(28 * 24)));
  });
  await rejectsWith(
    check({ checkpoint }),
    'layout',
    /speech_llama_proj\.weight: 30 rows expected, the width of the language model/,
  );
});

test('head counts and the scale of LoRA are asked for where tensors cannot tell them', async () => {
  await rejectsWith(
    check({ encoderHeads: undefined }),
    'layout',
    /width of 24 does not divide into 0\.375 heads.*--encoder-heads/,
  );
  await rejectsWith(
    check({ adapterHeads: 5 }),
    'layout',
    /width of 24 does not divide into 5 heads.*--adapter-heads/,
  );
  await rejectsWith(
    check({ loraAlpha: undefined }),
    'options',
    /LoRA has rank 4, not the published 64.*--lora-alpha/,
  );
  await rejectsWith(check({ maxSeconds: 500 }), 'options', /1 to 400 s long, not 500/);
});

test('an encoder beside one that the checkpoint has is refused', async () => {
  await rejectsWith(
    check({ encoder: bench.at('published.pt') }),
    'options',
    /published\.pt has an encoder of its own.*leave out --encoder/,
  );
});

test('weights that are no finite numbers are refused where they stand', async () => {
  const checkpoint = await bench.checkpoint('nan.pt', (tensors) => {
    const values = new Float32Array(24 * 24);
    values[7 * 24] = Number.NaN;
    tensors.set('speech_transformer.embed.out.0.weight', testTensor('f32', [24, 24], values));
  });
  await rejectsWith(
    convertCheckpoint(bench.options('nan', { checkpoint })),
    'damaged',
    /speech_transformer\.embed\.out\.0\.weight holds numbers that are not finite/,
  );
});

test('a tokenizer of another model is refused by what does not fit', async () => {
  const tokenizer = async (
    changes: Record<string, unknown>,
    config: Record<string, unknown> = {},
    model?: Buffer,
  ): Promise<Partial<ConvertOptions>> => {
    await writeLanguageModel(bench.at('other'), {}, config);
    await writeFile(
      bench.at('other/tokenizer_config.json'),
      JSON.stringify({ ...tokenizerConfig(), ...changes }),
    );
    if (model !== undefined) await writeFile(bench.at('other/tokenizer.model'), model);
    return { llm: bench.at('other') };
  };
  const small = await readFile(new URL('../../text/test-data/bpe-unused.model', import.meta.url));
  await rejectsWith(
    check(await tokenizer({}, {}, small)),
    'tokenizer',
    /500 pieces, but config\.json a vocabulary of 1207/,
  );
  await rejectsWith(check(await tokenizer({}, { vocab_size: 1199 })), 'tokenizer', /1200 pieces/);
  await rejectsWith(
    check(await tokenizer({ added_tokens_decoder: { '300': { content: '[unused10]' } } })),
    'tokenizer',
    /its piece 300 is .*, but tokenizer_config\.json puts "\[unused10\]" there/,
  );
  await rejectsWith(
    check(await tokenizer({ eos_token: '</s>' })),
    'tokenizer',
    /gives 1201 as the eos id, but .* "<\/s>" at 2/,
  );
  await rejectsWith(check(await tokenizer({}, { pad_token_id: 5000 })), 'tokenizer', /pad id 5000/);
  await rejectsWith(
    check(await tokenizer({}, {}, Buffer.from('no'))),
    'tokenizer',
    /cannot be used: expected a SentencePiece model/,
  );
  const { llm } = await tokenizer({});
  await writeFile(bench.at('other/tokenizer_config.json'), '[');
  await rejectsWith(check({ llm }), 'tokenizer', /tokenizer_config\.json cannot be read/);
});

test('shards that are missing, truncated or not listed right are refused by name', async () => {
  const names = packageSpecs().flatMap(({ name }) => (/^(model|lm_head)\./.test(name) ? [name] : []));
  const shards = { 'a.safetensors': names.slice(0, 9), 'b.safetensors': names.slice(9) };
  const llm = bench.at('shards');
  await writeLanguageModel(llm, shards);
  await check({ llm });
  await truncate(bench.at('shards/b.safetensors'), 5000);
  await rejectsWith(check({ llm }), 'damaged', /b\.safetensors is truncated or not a safetensors file/);
  const index = bench.at('shards/model.safetensors.index.json');
  await writeFile(index, JSON.stringify({ weight_map: { 'lm_head.weight': 'c.safetensors' } }));
  await rejectsWith(
    check({ llm }),
    'not-found',
    /c\.safetensors missing, which model\.safetensors\.index\.json names/,
  );
  await writeFile(index, JSON.stringify({ weight_map: { 'lm_head.weight': '../c.safetensors' } }));
  await rejectsWith(check({ llm }), 'damaged', /no index of safetensors/);
  await writeLanguageModel(llm, { 'a.safetensors': names, 'b.safetensors': names.slice(9) });
  await rejectsWith(check({ llm }), 'damaged', /stands in more than one file/);
});

test('a base model that the checkpoint brings itself must still fit in shape', async () => {
  await writeLanguageModel(bench.at('base'), { 'a.safetensors': ['lm_head.weight', 'model.norm.weight'] });
  await check({ llm: bench.at('base') });
  const checkpoint = await bench.checkpoint('wide-norm.pt', (tensors) => {
    tensors.set(
      'llama_model.base_model.model.model.norm.weight',
      testTensor('f32', [31], new Float32Array(31)),
    );
  });
  await rejectsWith(
    check({ checkpoint, llm: bench.at('base') }),
    'layout',
    /model\.norm\.weight: \[30\] expected, wide-norm\.pt has \[31\]/,
  );
});

test('nothing is written for a checkpoint that is refused', async () => {
  await rejectsWith(
    convertCheckpoint(bench.options('refused', { llm: bench.folder })),
    'not-found',
    /config/,
  );
  await assert.rejects(readFile(bench.at('refused/model.json')), { code: 'ENOENT' });
  await assert.rejects(readFile(bench.at('refused.partial/journal.jsonl')), { code: 'ENOENT' });
});

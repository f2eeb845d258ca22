import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Device } from '@osum/device';
import { assertClose, FP32_TOLERANCE, golden, goldenFeatures } from './golden/golden.js';
import { hostDevice, runProgram, uploaded, withEachKernelSet } from './golden/host-device.js';
import { adapterArenaBytes, encoderArenaBytes } from './memory/activations.js';
import { ModalityAdapter } from './modality-adapter.js';
import type { WeightKind } from './package/manifest.js';
import { openPackage } from './package/model-package.js';
import { writeSyntheticPackage } from './testing/synthetic-package.js';
import { WhisperEncoder } from './whisper-encoder.js';

/** Both models of one package. */
interface Models {
  readonly encoder: WhisperEncoder;
  readonly adapter: ModalityAdapter;
}

/**
 * Relative tolerances against the fp32 golden vectors, all stages run one after another. bf16 keeps 8 bits, and each
 * stage passes its error on; the downsampler's outputs are small beside its inputs. int8 adds half a step of 1/127 of
 * each row's largest weight.
 */
const TOLERANCES: Readonly<Record<WeightKind, Readonly<Record<Stage, number>>>> = {
  fp32: {
    encoder: FP32_TOLERANCE,
    downsampled: FP32_TOLERANCE,
    transformer: FP32_TOLERANCE,
    projected: FP32_TOLERANCE,
  },
  bf16: { encoder: 1.5e-2, downsampled: 2.5e-2, transformer: 2e-2, projected: 8e-3 },
  int8: { encoder: 2e-2, downsampled: 2.5e-2, transformer: 2e-2, projected: 1e-2 },
};
type Stage = 'encoder' | 'downsampled' | 'transformer' | 'projected';

let root: string;
let device: Device;
const models = new Map<WeightKind, Models>();

before(async () => {
  device = await hostDevice();
  root = await mkdtemp(join(tmpdir(), 'osum-encoder-'));
  for (const weights of ['fp32', 'bf16', 'int8'] as const) {
    const directory = join(root, weights);
    await writeSyntheticPackage(directory, { weights, decoder: { width: 48 } });
    const opened = await openPackage(directory);
    models.set(weights, {
      encoder: await WhisperEncoder.load(device, opened),
      adapter: await ModalityAdapter.load(device, opened),
    });
  }
});

after(async () => {
  for (const { encoder, adapter } of models.values()) {
    await encoder[Symbol.asyncDispose]();
    await adapter[Symbol.asyncDispose]();
  }
  await rm(root, { recursive: true });
});

/** Runs utterances of these lengths, cut from the golden features, through both models. */
async function understand(
  kind: WeightKind,
  melFrames: readonly number[],
): Promise<Record<string, Float32Array>> {
  const { encoder, adapter } = models.get(kind)!;
  return runProgram(device, 1 << 24, (program, keep) => {
    const rows = melFrames.reduce((sum, frames) => sum + frames, 0);
    const values = melFrames.flatMap((frames) => [...goldenFeatures(frames)]);
    const features = uploaded(program, encoder.dtype, [rows, 80], values);
    const { hidden, frames } = encoder.forward(program, features, melFrames, keep);
    keep('embeddings', adapter.forward(program, hidden, frames, keep).embeddings);
  });
}

for (const kind of ['fp32', 'bf16', 'int8'] as const) {
  test(`the golden vectors of encoder and adapter hold in ${kind} with every kernel set`, async () => {
    const tolerance = TOLERANCES[kind];
    await withEachKernelSet(async (kernels) => {
      const found = await understand(kind, [37]);
      const { encoder_out, downsampled, speech_transformer_out, projected } = golden.encoder_adapter;
      const what = (stage: string): string => `${stage}, ${kind}, ${kernels}`;
      assertClose(what('encoder'), found['encoder.after_norm']!, encoder_out.data, tolerance.encoder);
      assertClose(what('downsampler'), found.down_sample_2!, downsampled.data, tolerance.downsampled);
      const transformed = found['speech_transformer.after_norm']!;
      assertClose(what('transformer'), transformed, speech_transformer_out.data, tolerance.transformer);
      assertClose(what('projection'), found.speech_llama_proj!, projected.data, tolerance.projected);
    });
  });

  test(`utterances in a batch have the very values they have alone, odd lengths too, in ${kind}`, async () => {
    await withEachKernelSet(async (kernels) => {
      const lengths = [21, 37, 1, 64, 2];
      const together = await understand(kind, lengths);
      for (const stage of ['encoder.after_norm', 'embeddings']) {
        const apart: number[] = [];
        for (const length of lengths) apart.push(...(await understand(kind, [length]))[stage]!);
        assert.deepEqual(together[stage], Float32Array.from(apart), `${stage} with ${kernels}`);
      }
    });
  });
}

test('the second item of the golden batch equals the same 21 frames alone: nothing leaks in at an odd length', async () => {
  const { lengths, valid, projected_item1, single21_projected } = golden.encoder_adapter.batch2;
  const [before, rows] = valid.map((count) => count * 48) as [number, number];
  for (const kind of ['fp32', 'bf16', 'int8'] as const) {
    await withEachKernelSet(async (kernels) => {
      const second = (await understand(kind, lengths)).speech_llama_proj!.subarray(before);
      const { projected } = TOLERANCES[kind];
      assertClose(`alone, ${kind}, ${kernels}`, second, single21_projected.data, projected);
      assertClose(`padded, ${kind}, ${kernels}`, second, projected_item1.data.slice(0, rows), projected);
    });
  }
});

test('each utterance stands between the speech bos and eos rows', async () => {
  const found = await understand('fp32', [37, 21]);
  const row = (i: number): Float32Array => found.embeddings!.subarray(i * 48, (i + 1) * 48);
  assert.equal(found.embeddings!.length, (7 + 5) * 48);
  assert.deepEqual(row(0), row(7));
  assert.deepEqual(row(6), row(11));
  assert.notDeepEqual(row(0), row(6));
  assert.deepEqual(found.embeddings!.slice(48, 6 * 48), found.speech_llama_proj!.slice(0, 5 * 48));
});

test('the adapter may have another width than the encoder', async () => {
  const directory = join(root, 'wider');
  await writeSyntheticPackage(directory, { weights: 'bf16', adapter: { width: 128 } });
  const opened = await openPackage(directory);
  await using adapter = await ModalityAdapter.load(device, opened);
  const { embeddings } = await runProgram(device, 1 << 22, (program, keep) => {
    const hidden = uploaded(program, 'bf16', [19, 64], goldenFeatures(16).subarray(0, 19 * 64));
    const start = program.arena.mark();
    keep('embeddings', adapter.forward(program, hidden, [19]).embeddings);
    const planned = adapterArenaBytes(adapter.dims, 64, 'bf16', [19]);
    assert.equal(program.arena.peakBytes - start, planned);
  });
  assert.equal(embeddings!.length, 7 * 64);
  assert.ok(embeddings!.every(Number.isFinite));
});

test('an utterance without frames or beyond the tables is refused', async () => {
  await assert.rejects(understand('fp32', [37, 0]), /at least one row/);
  await assert.rejects(
    understand('fp32', [203]),
    /102 encoder frames exceeds the package's 100; split the audio/,
  );
});

test('the planned arena bytes are those that a batch uses', async () => {
  for (const [kind, { encoder, adapter }] of models) {
    await runProgram(device, 1 << 24, (program) => {
      const lengths = [37, 21, 64];
      const features = uploaded(program, encoder.dtype, [122, 80], new Float32Array(122 * 80));
      const start = program.arena.mark();
      const { hidden, frames } = encoder.forward(program, features, lengths);
      const planned = encoderArenaBytes(encoder.dims, 80, encoder.dtype, lengths);
      assert.equal(program.arena.peakBytes - start, planned, `encoder, ${kind}`);
      program.arena.tensor('u8', [planned]); // beyond the old peak, so that the next one shows
      const second = program.arena.mark();
      adapter.forward(program, hidden, frames);
      const adapterPlanned = adapterArenaBytes(adapter.dims, 64, adapter.dtype, frames);
      assert.equal(program.arena.peakBytes - second, adapterPlanned, `adapter, ${kind}`);
    });
  }
});

test('an encoder whose GELU rounds step by step stays near the golden vectors and uses the planned arena bytes', async () => {
  const directory = join(root, 'stepwise');
  await writeSyntheticPackage(directory, { weights: 'bf16', encoder: { gelu: 'stepwise', ffn: 256 } });
  await using encoder = await WhisperEncoder.load(device, await openPackage(directory));
  for (const lengths of [[37, 21, 64], [1]]) {
    await runProgram(device, 1 << 24, (program) => {
      const rows = lengths.reduce((sum, length) => sum + length, 0);
      const features = uploaded(program, 'bf16', [rows, 80], new Float32Array(rows * 80));
      const start = program.arena.mark();
      encoder.forward(program, features, lengths);
      assert.equal(program.arena.peakBytes - start, encoderArenaBytes(encoder.dims, 80, 'bf16', lengths));
    });
  }
  const same = join(root, 'stepwise-golden');
  await writeSyntheticPackage(same, { weights: 'bf16', encoder: { gelu: 'stepwise' } });
  await using golden64 = await WhisperEncoder.load(device, await openPackage(same));
  const found = await runProgram(device, 1 << 24, (program, keep) => {
    const features = uploaded(program, 'bf16', [37, 80], goldenFeatures(37));
    keep('hidden', golden64.forward(program, features, [37]).hidden);
  });
  const { data } = golden.encoder_adapter.encoder_out;
  assertClose('encoder', found.hidden!, data, TOLERANCES.bf16.encoder);
  assert.notDeepEqual(found.hidden, (await understand('bf16', [37]))['encoder.after_norm']);
});

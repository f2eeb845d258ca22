import { readFile } from 'node:fs/promises';
import { Arena, type Device, Program, type Stream, type Tensor } from '@osum/device';
import {
  adapterArenaBytes,
  DecoderRunner,
  encoderArenaBytes,
  LogMel,
  logMelArenaBytes,
  ModalityAdapter,
  type ModelPackage,
  PanguDecoder,
  type StepInput,
  speechPositionsFromSamples,
  type Tap,
  WhisperEncoder,
} from '@osum/nn';
import { assemblePrompt, createTokenizer, type Tokenizer } from '@osum/text';
import type { ReferenceAnswer } from './reference.js';

/** Results of the layers for one question, by the name that the reference gives them, and the first token's `logits`. */
export type Layers = ReadonlyMap<string, Float32Array>;

/** The models of a package on a device, outside of a mesh, to look into them. */
export class LayerProbe implements AsyncDisposable {
  private constructor(
    private readonly device: Device,
    private readonly opened: ModelPackage,
    private readonly tokenizer: Tokenizer,
    private readonly models: {
      readonly logMel: LogMel;
      readonly encoder: WhisperEncoder;
      readonly adapter: ModalityAdapter;
      readonly decoder: PanguDecoder;
      readonly runner: DecoderRunner;
      readonly stream: Stream;
    },
  ) {}

  static async open(device: Device, opened: ModelPackage): Promise<LayerProbe> {
    const { manifest } = opened;
    const decoder = await PanguDecoder.load(device, opened);
    const runner = await DecoderRunner.create(decoder, { kvBlocks: 8, maxRows: 640, maxSequences: 1 });
    return new LayerProbe(
      device,
      opened,
      createTokenizer(await readFile(opened.path('tokenizer')), manifest.tokenizer),
      {
        logMel: await LogMel.create(device, manifest.audio.melBins),
        encoder: await WhisperEncoder.load(device, opened),
        adapter: await ModalityAdapter.load(device, opened),
        decoder,
        runner,
        stream: await device.createStream(),
      },
    );
  }

  /** Everything that a question makes the models compute, up to the first token's logits. */
  async layers(question: ReferenceAnswer): Promise<Layers> {
    const kept = new Map<string, () => Float32Array>();
    const tap: Tap = (name, tensor, program) => {
      const download = program.download(tensor);
      kept.set(name, () => download.float32());
    };
    const buffer = await this.device.allocate(this.#arenaBytes(question.pcm.length));
    try {
      const arena = new Arena(buffer);
      const speech = question.pcm.length === 0 ? null : await this.#hear(arena, question.pcm, tap);
      const logits = await this.#read(question, speech, tap);
      const layers = new Map([...kept].map(([name, values]) => [name, values()]));
      return layers.set('logits', logits);
    } finally {
      await buffer.dispose();
    }
  }

  async #hear(arena: Arena, pcm: Float32Array, tap: Tap): Promise<Tensor> {
    const { logMel, encoder, adapter, stream } = this.models;
    const program = new Program(arena);
    const samples = arena.tensor('f32', [pcm.length]);
    program.upload(samples).setValues(pcm);
    const { features, frames: melFrames } = logMel.forward(program, [samples], encoder.dtype);
    tap('features', features, program);
    const { hidden, frames } = encoder.forward(program, features, melFrames, tap);
    const { embeddings } = adapter.forward(program, hidden, frames, tap);
    await stream.run(program);
    return embeddings;
  }

  async #read(
    { mode, instruction }: ReferenceAnswer,
    speech: Tensor | null,
    tap: Tap,
  ): Promise<Float32Array> {
    const { runner, stream } = this.models;
    const parts = assemblePrompt(this.opened.manifest.prompts[mode], this.tokenizer, instruction);
    const inputs = parts.map(
      (part): StepInput => (part.kind === 'tokens' ? { tokens: part.ids } : { embeddings: speech! }),
    );
    const sequence = runner.cache.sequence();
    try {
      sequence.reserve(640);
      const { results } = await runner.step(stream, [{ sequence, inputs, result: 'logits' }], { tap });
      return (results[0] as { logits: Float32Array }).logits;
    } finally {
      sequence.release();
    }
  }

  #arenaBytes(samples: number): number {
    if (samples === 0) return 1;
    const { encoder, adapter } = this.models;
    const mel = Math.floor(samples / 160);
    return (
      logMelArenaBytes([samples], encoder.melBins, encoder.dtype) +
      encoderArenaBytes(encoder.dims, encoder.melBins, encoder.dtype, [mel]) +
      adapterArenaBytes(adapter.dims, encoder.dims.width, adapter.dtype, [Math.ceil(mel / 2)]) +
      Arena.bytesFor('f32', [samples]) +
      Arena.bytesFor('f32', [speechPositionsFromSamples(samples), adapter.dims.outWidth])
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { logMel, encoder, adapter, decoder, runner, stream } = this.models;
    await stream.dispose();
    for (const model of [runner, decoder, adapter, encoder, logMel]) await model[Symbol.asyncDispose]();
  }
}

/** The largest difference as a share of the largest expected magnitude; infinite where a number is none. */
export function relativeError(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) {
    const own = Math.abs(found[i]! - expected[i]!);
    if (Number.isNaN(own)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, own);
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return difference === 0 ? 0 : difference / magnitude;
}

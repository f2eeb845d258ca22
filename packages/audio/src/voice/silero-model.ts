import { readFile } from 'node:fs/promises';
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { TARGET_SAMPLE_RATE_HZ } from '../sample-rate.js';
import { VOICE_FRAME_SAMPLES } from './voice-frame.js';

/** Each frame is seen with the last samples of the one before it. */
const CONTEXT_SAMPLES = 64;
const STATE_SHAPE = [2, 1, 128];
const MODEL = '@ricky0123/vad-web/dist/silero_vad_v6.onnx';

/**
 * The Silero voice-activity model, version 6 (MIT), at 16 kHz. Inputs `input` [1, 64 + 512] f32, `state` [2,
 * 1, 128] f32, `sr` i64; outputs `output` [1, 1] the probability of speech, `stateN` the next state.
 */
export class SileroModel {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async load(): Promise<SileroModel> {
    env.wasm.numThreads = 1;
    env.logLevel = 'error';
    const model = await readFile(new URL(import.meta.resolve(MODEL)));
    return new SileroModel(await InferenceSession.create(model, { executionProviders: ['wasm'] }));
  }

  openStream(): SileroStream {
    return new SileroStream(this.#session);
  }
}

/** One stream's recurrent state. Calls must not overlap. */
export class SileroStream {
  readonly #session: InferenceSession;
  readonly #window = new Float32Array(CONTEXT_SAMPLES + VOICE_FRAME_SAMPLES);
  readonly #sampleRate = new Tensor('int64', BigInt64Array.of(BigInt(TARGET_SAMPLE_RATE_HZ)), []);
  #state: Tensor = new Tensor('float32', new Float32Array(STATE_SHAPE.reduce((a, b) => a * b)), STATE_SHAPE);

  constructor(session: InferenceSession) {
    this.#session = session;
  }

  /**
   * The probability of speech in each frame.
   * @param samples a whole number of frames.
   */
  async probabilities(samples: Float32Array): Promise<Float32Array> {
    const probabilities = new Float32Array(samples.length / VOICE_FRAME_SAMPLES);
    for (let frame = 0; frame < probabilities.length; frame++) {
      const start = frame * VOICE_FRAME_SAMPLES;
      this.#window.copyWithin(0, VOICE_FRAME_SAMPLES);
      this.#window.set(samples.subarray(start, start + VOICE_FRAME_SAMPLES), CONTEXT_SAMPLES);
      const { output, stateN } = await this.#session.run({
        input: new Tensor('float32', this.#window, [1, this.#window.length]),
        state: this.#state,
        sr: this.#sampleRate,
      });
      this.#state = stateN as Tensor;
      probabilities[frame] = (output!.data as Float32Array)[0]!;
    }
    return probabilities;
  }
}

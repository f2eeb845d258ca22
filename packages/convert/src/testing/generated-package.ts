import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bf16FromNumber } from '@osum/device';
import { type Manifest, type PlannedModel, type Stage, stageTensors, type TensorSpec } from '@osum/nn';
import { newDraft } from '../model-json.js';
import { publishedPrompts } from '../published-prompts.js';
import { checkDiskSpace } from '../writing/disk-space.js';
import { scaleName, stageLayout } from '../writing/stage-layout.js';
import { grownTokenizer } from './grown-tokenizer.js';

/** Of `tokenizer.model`, among its pieces. */
const EOS = 1001;

/** Elements after which the noise repeats: odd, so that rows of a weight differ. */
const PERIOD = 2 ** 22 + 1;
/** Standard deviation of whole numbers that are uniform in -127 .. 127. */
const DEVIATION = 127 / Math.sqrt(3);
const CHUNK_BYTES = 2 ** 23;

type FileEntry = Manifest['files']['encoder'];

/**
 * Writes a model package of any size in which every weight is noise of unit gain, made at the speed of the disk: one
 * period of noise, of which each tensor takes a stretch. The same model gives the same bytes.
 * @param weights `fp32` is not supported.
 */
export async function writeGeneratedPackage(
  folder: string,
  model: PlannedModel,
  weights: 'int8' | 'bf16',
): Promise<Manifest> {
  await mkdir(folder, { recursive: true });
  const layouts = (['encoder', 'adapter', 'decoder'] as const).map((stage) => ({
    stage,
    layout: stageLayout(stageTensors(model, stage), weights),
  }));
  await checkDiskSpace(
    folder,
    layouts.reduce((sum, { layout }) => sum + layout.fileBytes, 0),
  );
  const tokenizer = await grownTokenizer(model.decoder.vocab);
  await writeFile(join(folder, 'tokenizer.model'), tokenizer);
  const noise = new Noise();
  const files: Partial<Record<Stage, FileEntry>> = {};
  for (const { stage, layout } of layouts) {
    const path = `${stage}.safetensors`;
    await using file = await HashedFile.create(join(folder, path));
    await file.write(layout.header);
    const specs = new Map(
      stageTensors(model, stage).flatMap((spec) => [
        [spec.name, spec],
        [scaleName(spec.name), spec],
      ]),
    );
    for (const { name, dtype, bytes } of layout.tensors.values()) {
      const spec = specs.get(name)!;
      const source = dtype === 'i8' ? noise.integers : noise.bf16(spec, name !== spec.name);
      await file.repeat(source, phaseOf(name), bytes);
    }
    files[stage] = { path, bytes: layout.fileBytes, sha256: file.digest() };
  }
  const { name, weights: _, generation, ...dims } = model;
  const draft = newDraft(
    name,
    weights,
    dims,
    { type: 'sentencepiece', bos: 1, eos: EOS, pad: 0, addedTokens: [] },
    await publishedPrompts('serving'),
    'generated: noise',
  );
  const manifest: Manifest = {
    ...draft,
    generation,
    files: {
      encoder: files.encoder!,
      adapter: files.adapter!,
      decoder: files.decoder!,
      tokenizer: { path: 'tokenizer.model', bytes: tokenizer.length, sha256: sha256(tokenizer) },
    },
  };
  await writeFile(join(folder, 'model.json'), JSON.stringify(manifest, null, 2));
  return manifest;
}

/** One period of noise, and what becomes of it by scaling. */
class Noise {
  /** Uniform in -127 .. 127. */
  readonly integers: Uint8Array;
  readonly #scaled = new Map<number, Uint8Array>();

  constructor() {
    const values = new Int8Array(PERIOD);
    let state = 0x9e3779b9;
    for (let i = 0; i < PERIOD; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      values[i] = ((state >>> 8) % 255) - 127;
    }
    this.integers = new Uint8Array(values.buffer);
  }

  /** A period of a tensor in bf16: norms are 1, biases 0, weights of unit gain; or the scales of an int8 weight. */
  bf16({ role, shape }: TensorSpec, areScales: boolean): Uint8Array {
    if (role === 'norm') return constant(1);
    if (role === 'bias') return constant(0);
    const inputs = shape.slice(1).reduce((product, extent) => product * extent, 1);
    const scale = 1 / (DEVIATION * (role === 'embedding' ? 1 : Math.sqrt(inputs)));
    return areScales ? constant(scale) : this.#times(scale);
  }

  #times(scale: number): Uint8Array {
    let scaled = this.#scaled.get(scale);
    if (scaled === undefined) {
      const codes = Uint16Array.from({ length: 256 }, (_, byte) =>
        bf16FromNumber((byte < 128 ? byte : byte - 256) * scale),
      );
      scaled = new Uint8Array(Uint16Array.from(this.integers, (byte) => codes[byte]!).buffer);
      this.#scaled.set(scale, scaled);
    }
    return scaled;
  }
}

/** A file that is written from its start and hashed meanwhile. */
class HashedFile implements AsyncDisposable {
  readonly #hash: Hash = createHash('sha256');

  private constructor(private readonly handle: FileHandle) {}

  static async create(path: string): Promise<HashedFile> {
    return new HashedFile(await open(path, 'w'));
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    await this.handle.writeFile(bytes);
  }

  /** Writes `bytes` bytes of a period that is repeated, from one of its elements of 16 bits on. */
  async repeat(period: Uint8Array, phase: number, bytes: number): Promise<void> {
    let at = (2 * phase) % period.length;
    for (let left = bytes; left > 0; ) {
      const chunk = period.subarray(at, at + Math.min(left, CHUNK_BYTES));
      await this.write(chunk);
      left -= chunk.length;
      at = (at + chunk.length) % period.length;
    }
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

const CONSTANT_ELEMENTS = 2 ** 15;

function constant(value: number): Uint8Array {
  return new Uint8Array(new Uint16Array(CONSTANT_ELEMENTS).fill(bf16FromNumber(value)).buffer);
}

/** Where in the noise a tensor begins. */
function phaseOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32LE() % PERIOD;
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

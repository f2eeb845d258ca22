import {
  Arena,
  type Device,
  type DeviceBuffer,
  type DType,
  type Linear,
  type MappedFile,
  Program,
  type Tensor,
} from '@osum/device';
import { requireMemory } from '../memory/require-memory.js';
import type { WeightKind } from '../package/manifest.js';
import type { ModelPackage } from '../package/model-package.js';
import { PackageError } from '../package/package-error.js';
import { readSafetensors, type SafetensorsTable } from '../package/safetensors.js';
import { KERNEL_TAPS, type Stage, stageTensors, type TensorSpec } from '../package/tensor-specs.js';

/** What activations are computed in: f32 for an fp32 package, else bf16. */
export type ComputeDType = 'f32' | 'bf16';

/** What a package of this kind is computed in. */
export function computeDType(weights: WeightKind): ComputeDType {
  return weights === 'fp32' ? 'f32' : 'bf16';
}

/** A convolution of three taps as a matrix: one row [outputs, 3 * inputs] per output, all inputs of a tap together. */
export interface Convolution {
  readonly weight: Tensor;
  /** [outputs] */
  readonly bias: Tensor;
}

/** Scale and shift of a LayerNorm, [width] each. */
export interface LayerNormWeights {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** How a stage's weights are opened. */
export interface LoadOptions {
  /** Compare the file's SHA-256 with `model.json` first; default true. */
  readonly verify?: boolean;
  /** Bytes that will be allocated beside the weights, such as a KV cache: loading is refused when they do not fit. */
  readonly besideBytes?: number;
}

/**
 * The weights of one stage: its safetensors file, mapped and used in place, and what is derived from it once at load
 * (repacked convolutions, f32 biases of int8 layers, tables). Ask for the tensors, then await `derive`.
 */
export class StageWeights implements AsyncDisposable {
  readonly #arena: Arena;
  readonly #program: Program;

  private constructor(
    readonly stage: Stage,
    readonly compute: ComputeDType,
    readonly device: Device,
    readonly table: SafetensorsTable,
    private readonly file: MappedFile,
    private readonly derived: DeviceBuffer,
  ) {
    this.#arena = new Arena(derived);
    this.#program = new Program(this.#arena);
  }

  /**
   * Maps the stage's file onto a device and checks that it holds each tensor that `model.json`'s dimensions call for.
   * `tableBytes` is room for the tables that will be asked for (`Arena.bytesFor` each). Throws a `PackageError`; when
   * memory does not suffice, before it reads the file.
   */
  static async open(
    device: Device,
    opened: ModelPackage,
    stage: Stage,
    tableBytes: number,
    options: LoadOptions = {},
  ): Promise<StageWeights> {
    const specs = stageTensors(opened.manifest, stage);
    const compute = computeDType(opened.manifest.weights);
    const ownBytes = derivedBytes(specs, compute, opened.manifest.weights === 'int8') + tableBytes;
    await requireMemory(device, opened.manifest.files[stage], ownBytes + (options.besideBytes ?? 0));
    if (options.verify ?? true) await opened.verify(stage);
    const table = await readSafetensors(opened.path(stage));
    for (const spec of specs) checkStored(table, spec, compute, opened.manifest.weights === 'int8');
    const file = await device.mapFile(opened.path(stage));
    try {
      return new StageWeights(
        stage,
        compute,
        device,
        table,
        file,
        await device.allocate(Math.max(ownBytes, 1)),
      );
    } catch (error) {
      await file.dispose();
      throw error;
    }
  }

  /** A tensor of the file, in place. */
  tensor(name: string): Tensor {
    const { dtype, shape, byteOffset } = this.table.tensors.get(name)!;
    return this.file.tensor(dtype, shape, byteOffset);
  }

  /** A linear layer by its prefix; the bias is taken when the file has one. */
  linear(prefix: string): Linear {
    const weight = this.tensor(`${prefix}.weight`);
    const stored = this.table.tensors.has(`${prefix}.bias`) ? this.tensor(`${prefix}.bias`) : null;
    if (weight.dtype !== 'i8') return { weight, bias: stored, scale: null };
    return {
      weight,
      // The weight-quantised product of bf16 activations takes its bias in f32 (ABI reference 4.2).
      bias:
        stored === null ? null : this.#program.cast(stored, 'f32', this.#arena.tensor('f32', stored.shape)),
      scale: this.tensor(`${prefix}.weight_scale`),
    };
  }

  layerNorm(prefix: string): LayerNormWeights {
    return { weight: this.tensor(`${prefix}.weight`), bias: this.tensor(`${prefix}.bias`) };
  }

  /** A convolution, its weight [outputs, inputs, 3] repacked to [outputs, 3 * inputs]. */
  convolution(prefix: string): Convolution {
    const stored = this.tensor(`${prefix}.weight`);
    const [outputs, inputs] = stored.shape as [number, number, number];
    const weight = this.#arena.tensor(this.compute, [outputs, KERNEL_TAPS * inputs]);
    this.#program.copy(weight.view(outputs, KERNEL_TAPS, inputs), stored.transpose());
    return { weight, bias: this.tensor(`${prefix}.bias`) };
  }

  /** A table of computed values on the device, in the compute dtype unless told otherwise. */
  constant(values: ArrayLike<number>, shape: readonly number[], dtype: DType = this.compute): Tensor {
    const target = this.#arena.tensor(dtype, shape);
    this.#program.upload(target).setValues(values);
    return target;
  }

  /** Bytes on the device beyond the mapped file. */
  get derivedBytes(): number {
    return this.derived.bytes;
  }

  /** Fills everything derived; call once after the last tensor was asked for. */
  async derive(): Promise<void> {
    if (this.#program.length === 0) return;
    const stream = await this.device.createStream();
    try {
      await stream.run(this.#program);
    } finally {
      await stream.dispose();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.file.dispose(), this.derived.dispose()]);
  }
}

/** Opens a stage's weights, builds the model with `build`, and fills what was derived; frees everything on failure. */
export async function loadStage<Model>(
  opening: Promise<StageWeights>,
  build: (weights: StageWeights) => Model,
): Promise<Model> {
  const weights = await opening;
  try {
    const model = build(weights);
    await weights.derive();
    return model;
  } catch (error) {
    await weights[Symbol.asyncDispose]();
    throw error;
  }
}

/** Device bytes that `convolution` and `linear` derive from a stage's tensors. */
export function derivedBytes(specs: readonly TensorSpec[], compute: ComputeDType, int8: boolean): number {
  return specs.reduce((sum, { role, shape }) => {
    if (role === 'convolution') return sum + Arena.bytesFor(compute, shape);
    return role === 'bias' && int8 ? sum + Arena.bytesFor('f32', shape) : sum;
  }, 0);
}

function checkStored(table: SafetensorsTable, spec: TensorSpec, compute: ComputeDType, int8: boolean): void {
  const quantised = int8 && spec.role === 'linear';
  checkTensor(table, spec.name, spec.shape, quantised ? 'i8' : compute);
  if (quantised) checkTensor(table, `${spec.name}_scale`, spec.shape.slice(0, 1), 'bf16');
}

function checkTensor(table: SafetensorsTable, name: string, shape: readonly number[], dtype: DType): void {
  const entry = table.tensors.get(name);
  if (entry === undefined) {
    throw new PackageError(
      'tensor-missing',
      `${table.file} has no tensor ${name}, which model.json's dimensions call for; convert the package again`,
    );
  }
  if (entry.shape.join() !== shape.join()) {
    throw new PackageError(
      'tensor-shape',
      `${table.file}: ${name} has the shape [${entry.shape}], but model.json's dimensions call for [${shape}]; convert the package again`,
    );
  }
  if (entry.dtype !== dtype) {
    throw new PackageError(
      'tensor-dtype',
      `${table.file}: ${name} is stored as ${entry.dtype}, but model.json's "weights" calls for ${dtype}; convert the package again`,
    );
  }
}

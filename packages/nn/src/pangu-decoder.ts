import { Arena, type Device, type Lengths, type Linear, type Program, type Tensor } from '@osum/device';
import type { KvCache } from './kv/kv-cache.js';
import { outputHead } from './layers/output-head.js';
import { pagedAttention } from './layers/paged-attention.js';
import type { Tap } from './layers/tap.js';
import type { DecoderDims } from './package/manifest.js';
import type { ModelPackage } from './package/model-package.js';
import { ropeCache, ropeFrequencies } from './position/rope.js';
import { computeDType, type LoadOptions, loadStage, StageWeights } from './weights/stage-weights.js';

/** Weights of one decoder layer. */
interface DecoderLayer {
  readonly inputNorm: Tensor;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly out: Linear;
  readonly postNorm: Tensor;
  readonly gate: Linear;
  readonly up: Linear;
  readonly down: Linear;
}

/** Where the rows of a step stand. Rows of one sequence are consecutive; sequences are in the order of the table. */
export interface DecoderRows {
  /** i64 [rows]: position of each row in its sequence. */
  readonly positions: Tensor;
  /** i32 [rows]: cache row that takes each row's key and value; unique. */
  readonly slots: Tensor;
  /** i32 [sequences, maxBlocks]: cache blocks of each sequence. */
  readonly blockTable: Tensor;
  /** Rows of the sequences, cumulative. */
  readonly queryLengths: Lengths;
  /** Positions of each sequence after this step. */
  readonly keyLengths: Lengths;
  /** i32 [outputs]: rows whose logits are wanted; null for all. */
  readonly logitRows: Tensor | null;
}

/**
 * openPangu-Embedded (reference: osum-pangu-model.md, section 4): RMSNorm, grouped attention with rotary positions over
 * a paged cache, SwiGLU. One forward takes any mixture of prefill chunks and decode rows, without padding.
 */
export class PanguDecoder implements AsyncDisposable {
  readonly #weights: StageWeights;
  readonly #embeddings: Tensor;
  readonly #layers: readonly DecoderLayer[];
  readonly #norm: Tensor;
  readonly #head: Linear;
  /** [maxPositions, headDim]: cosines, then sines. */
  readonly #rope: Tensor;

  private constructor(
    weights: StageWeights,
    readonly dims: DecoderDims,
    /** The triangle that fused causal attention takes. */
    private readonly causalMask: Tensor,
  ) {
    this.#weights = weights;
    this.#embeddings = weights.tensor('model.embed_tokens.weight');
    this.#layers = Array.from({ length: dims.layers }, (_, n) => loadLayer(weights, `model.layers.${n}`));
    this.#norm = weights.tensor('model.norm.weight');
    this.#head = weights.linear('lm_head');
    const frequencies = ropeFrequencies(dims.headDim, dims.ropeTheta, dims.ropeRounding);
    this.#rope = weights.constant(ropeCache(dims.maxPositions, frequencies), [
      dims.maxPositions,
      dims.headDim,
    ]);
  }

  /** Loads `decoder.safetensors` onto a device. Throws a `PackageError` when the file is not what model.json says. */
  static async load(device: Device, opened: ModelPackage, options?: LoadOptions): Promise<PanguDecoder> {
    const { decoder: dims, weights: kind } = opened.manifest;
    const compute = computeDType(kind);
    const tableBytes = Arena.bytesFor(compute, [dims.maxPositions, dims.headDim]);
    const causalMask = await device.causalMask();
    return loadStage(
      StageWeights.open(device, opened, 'decoder', tableBytes, options),
      (weights) => new PanguDecoder(weights, dims, causalMask),
    );
  }

  get device(): Device {
    return this.#weights.device;
  }

  /** What embeddings of speech must be in. */
  get dtype(): 'f32' | 'bf16' {
    return this.#weights.compute;
  }

  /** Embeddings of token ids (i32 [rows]): [rows, width]. */
  embed(program: Program, tokens: Tensor, out?: Tensor): Tensor {
    return program.embedding(this.#embeddings, tokens, out);
  }

  /**
   * Appends all layers to a program. `x` [rows, width] holds the input embeddings and is overwritten; keys and values go
   * to `cache`. Returns the logits of the wanted rows, f32 [outputs, vocab], or null when `logitRows` is empty.
   */
  forward(program: Program, x: Tensor, rows: DecoderRows, cache: KvCache, tap?: Tap): Tensor | null {
    const { arena } = program;
    const count = x.size(0);
    const outputs = rows.logitRows?.size(0) ?? count;
    const logits = outputs === 0 ? null : arena.tensor('f32', [outputs, this.dims.vocab]);
    arena.scope(() => {
      const residual = [x, arena.tensor(x.dtype, x.shape)] as const;
      const normalized = program.rmsNorm(x, this.#layers[0]?.inputNorm ?? this.#norm, this.dims.rmsEps);
      this.#layers.forEach((layer, n) => {
        this.#attend(program, layer, n, residual, normalized, rows, cache);
        this.#feedForward(program, layer, this.#layers[n + 1]?.inputNorm ?? this.#norm, residual, normalized);
        tap?.(`model.layers.${n}`, residual[0], program);
      });
      tap?.('model.norm', normalized, program);
      if (logits === null) return;
      const wanted =
        rows.logitRows === null ? normalized : program.indexSelect(normalized, 0, rows.logitRows);
      outputHead(program, wanted, this.#head, logits);
    });
    return logits;
  }

  /** residual[1] = residual[0] + Wo attention(Wq h, Wk h, Wv h); normalized = its RMSNorm. */
  #attend(
    program: Program,
    layer: DecoderLayer,
    n: number,
    residual: readonly [Tensor, Tensor],
    normalized: Tensor,
    rows: DecoderRows,
    cache: KvCache,
  ): void {
    const { headDim, rmsEps } = this.dims;
    program.arena.scope(() => {
      const value = program.linear(normalized, layer.value);
      const { query, key } = program.rope(
        rows.positions,
        program.linear(normalized, layer.query),
        program.linear(normalized, layer.key),
        this.#rope,
        headDim,
      );
      const slots = (paged: Tensor): Tensor => paged.view(-1, key.size(1)); // [blocks * 128, kvHeads * headDim]
      program.indexCopy(slots(cache.keys(n)), 0, rows.slots, key);
      program.indexCopy(slots(cache.values(n)), 0, rows.slots, value);
      const mixed = pagedAttention(
        program,
        this.dims,
        query,
        cache.keys(n),
        cache.values(n),
        rows,
        this.causalMask,
      );
      const attended = program.linear(mixed, layer.out);
      program.addRmsNorm(residual[0], attended, layer.postNorm, rmsEps, { sum: residual[1], normalized });
    });
  }

  /** residual[0] = residual[1] + Wdown(silu(Wgate h) * Wup h); normalized = its RMSNorm for what follows. */
  #feedForward(
    program: Program,
    layer: DecoderLayer,
    nextNorm: Tensor,
    residual: readonly [Tensor, Tensor],
    normalized: Tensor,
  ): void {
    program.arena.scope(() => {
      const gate = program.silu(program.linear(normalized, layer.gate));
      const inner = program.inplaceMul(gate, program.linear(normalized, layer.up));
      const added = program.linear(inner, layer.down);
      program.addRmsNorm(residual[1], added, nextNorm, this.dims.rmsEps, { sum: residual[0], normalized });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#weights[Symbol.asyncDispose]();
  }
}

function loadLayer(weights: StageWeights, prefix: string): DecoderLayer {
  return {
    inputNorm: weights.tensor(`${prefix}.input_layernorm.weight`),
    query: weights.linear(`${prefix}.self_attn.q_proj`),
    key: weights.linear(`${prefix}.self_attn.k_proj`),
    value: weights.linear(`${prefix}.self_attn.v_proj`),
    out: weights.linear(`${prefix}.self_attn.o_proj`),
    postNorm: weights.tensor(`${prefix}.post_attention_layernorm.weight`),
    gate: weights.linear(`${prefix}.mlp.gate_proj`),
    up: weights.linear(`${prefix}.mlp.up_proj`),
    down: weights.linear(`${prefix}.mlp.down_proj`),
  };
}

import type { TensorSpec } from '@osum/nn';
import { ConvertError } from '../convert-error.js';
import type { Found, Inventory } from './inventory.js';
import type { Problems } from './problems.js';
import type { LowRankChange } from './tensor-sources.js';

/** Rank and alpha that the published model was trained with: a scale of 32 / 64 = 0.5 (reference: section 4.2). */
const PUBLISHED_RANK = 64;
const PUBLISHED_ALPHA = 32;

/** The projections that were trained, in every layer; `up_proj` is not among them. */
export const LORA_TARGETS: readonly string[] = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'down_proj',
];

/** All changes of a checkpoint. */
export interface LowRankChanges {
  /** By the name of the changed weight. */
  readonly byWeight: ReadonlyMap<string, LowRankChange>;
  /** Null when there are none: merged already, or never trained. */
  readonly rank: number | null;
  readonly scale: number;
}

/**
 * Pairs the factors of LoRA with the decoder's weights. Every target of every layer must have both, of one rank; a
 * factor elsewhere is a problem. Throws a `ConvertError` when the scale cannot be known.
 * @param alpha numerator of the scale alpha / rank. Default: 32 where the rank is the published 64.
 */
export function lowRankChanges(
  specs: readonly TensorSpec[],
  { lora }: Inventory,
  alpha: number | undefined,
  problems: Problems,
): LowRankChanges {
  const [first] = [...lora.values()].flatMap(({ A }) => A ?? []);
  const rank = first?.tensor.shape[0] ?? null;
  if (rank === null) {
    for (const name of lora.keys()) problems.add('missing', `lora_A of ${name}`);
    return { byWeight: new Map(), rank: null, scale: 0 };
  }
  const scale = scaleOf(rank, alpha);
  const targets = specs.filter(({ name }) => {
    const [parameter, module] = name.split('.').reverse();
    return parameter === 'weight' && LORA_TARGETS.includes(module!);
  });
  const byWeight = new Map<string, LowRankChange>();
  for (const { name, shape } of targets) {
    const { A, B } = lora.get(name) ?? {};
    for (const [factor, found] of Object.entries({ A, B })) {
      if (found === undefined) problems.add('missing', `lora_${factor} of ${name}`);
    }
    if (A === undefined || B === undefined) continue;
    checkFactor(A, [rank, shape[1]!], problems);
    checkFactor(B, [shape[0]!, rank], problems);
    byWeight.set(name, { a: A.tensor, b: B.tensor, scale });
  }
  const names = new Set(targets.map(({ name }) => name));
  for (const [name, { A, B }] of lora) {
    if (names.has(name)) continue;
    for (const found of [A, B]) {
      if (found !== undefined) problems.add('unknown', found.tensor.name, `in ${found.label}`);
    }
  }
  return { byWeight, rank, scale };
}

function scaleOf(rank: number, alpha: number | undefined): number {
  if (alpha !== undefined) return alpha / rank;
  if (rank === PUBLISHED_RANK) return PUBLISHED_ALPHA / PUBLISHED_RANK; // 0.5
  throw new ConvertError(
    'options',
    `the checkpoint's LoRA has rank ${rank}, not the published ${PUBLISHED_RANK}, so that its scale is not known; give the alpha that it was trained with (--lora-alpha)`,
  );
}

function checkFactor({ tensor, label }: Found, shape: readonly number[], problems: Problems): void {
  if (tensor.shape.join() === shape.join()) return;
  problems.add('shape', tensor.name, `[${shape}] expected, ${label} has [${tensor.shape}]`);
}

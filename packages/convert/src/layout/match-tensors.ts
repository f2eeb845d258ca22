import type { Stage, TensorSpec } from '@osum/nn';
import { stageOfName } from '../naming/stage-of-name.js';
import type { Inventory } from './inventory.js';
import type { Problems } from './problems.js';
import type { LowRankChange, TensorSource } from './tensor-sources.js';

/** The table of audio tokens, of which text output needs the last two rows: speech bos and eos (section 4.3). */
const SPEECH_TABLE = 'speech_token_emded.weight';

/** What a language model may lack, and what then stands for it. */
export interface Exceptions {
  /** Biases of the attention that this model does not have: they become zeros. */
  readonly withoutBias: ReadonlySet<string>;
  /** The output head is the embedding. */
  readonly tiedHead: boolean;
}

/**
 * Finds the source of each tensor of the package and checks its shape. Weights that no tensor of the package asks for,
 * and tensors without a source, become problems.
 * @param specs all tensors of `stages`; weights of other stages are not looked at.
 */
export function matchTensors(
  specs: readonly TensorSpec[],
  stages: readonly Stage[],
  inventory: Inventory,
  changes: ReadonlyMap<string, LowRankChange>,
  { withoutBias, tiedHead }: Exceptions,
  problems: Problems,
): TensorSource[] {
  const wanted = new Map(specs.map((spec) => [spec.name, spec]));
  for (const [name, { tensor, label }] of inventory.weights) {
    if (!wanted.has(name) && stages.includes(stageOfName(name)))
      problems.add('unknown', tensor.name, `in ${label}`);
  }
  for (const [name, { tensor, label }] of inventory.superseded) {
    const spec = wanted.get(name);
    if (spec !== undefined) checkShape(spec, tensor, label, problems);
  }
  return specs.flatMap((spec): TensorSource[] => {
    const { name } = spec;
    if (withoutBias.has(biasKind(name))) return [{ spec, tensor: null, firstRow: 0, change: null }];
    const own = inventory.weights.get(name);
    const found =
      own ?? (tiedHead && name === 'lm_head.weight' ? inventory.weights.get(EMBEDDING) : undefined);
    if (found === undefined) {
      problems.add('missing', name);
      return [];
    }
    const { tensor, label } = found;
    checkShape(spec, tensor, label, problems);
    const firstRow = name === SPEECH_TABLE ? Math.max(0, tensor.shape[0]! - spec.shape[0]!) : 0;
    return [{ spec, tensor, firstRow, change: changes.get(name) ?? null }];
  });
}

const EMBEDDING = 'model.embed_tokens.weight';

/**
 * The biases of the attention's projections that no layer has, as `q_proj.bias`. They are missing only if `config.json`
 * says that there are biases.
 */
export function absentBiases(inventory: Inventory, configHasBias: boolean | undefined): Set<string> {
  if (configHasBias === true) return new Set();
  const kinds = ['q_proj.bias', 'k_proj.bias', 'v_proj.bias', 'o_proj.bias'];
  const present = new Set([...inventory.weights.keys()].map(biasKind));
  return new Set(kinds.filter((kind) => !present.has(kind)));
}

function biasKind(name: string): string {
  return name.split('.').slice(-2).join('.');
}

function checkShape(
  { name, shape }: TensorSpec,
  tensor: { readonly shape: readonly number[] },
  label: string,
  problems: Problems,
): void {
  const [found, expected] = [tensor.shape.join(), shape.join()];
  if (found === expected) return;
  const mayBeLonger =
    name === SPEECH_TABLE &&
    tensor.shape.length === 2 &&
    tensor.shape[1] === shape[1] &&
    tensor.shape[0]! >= 2;
  if (!mayBeLonger) problems.add('shape', name, `[${shape}] expected, ${label} has [${tensor.shape}]`);
}

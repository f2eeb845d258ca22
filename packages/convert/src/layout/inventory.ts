import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint.js';
import { isFloatType } from '../checkpoint/element-type.js';
import type { Naming } from '../naming/key-use.js';
import type { Problems } from './problems.js';

/** A checkpoint and how its keys are read. */
export interface Source {
  readonly checkpoint: Checkpoint;
  readonly naming: Naming;
}

/** A tensor and the file or folder that it comes from. */
export interface Found {
  readonly tensor: CheckpointTensor;
  readonly label: string;
}

/** The two factors of a low-rank change: W' = W + scale * B A. */
export interface LoraFactors {
  A?: Found;
  B?: Found;
}

/** All keys of all sources, by what they are to the package. Names are the package's. */
export interface Inventory {
  readonly weights: ReadonlyMap<string, Found>;
  readonly lora: ReadonlyMap<string, LoraFactors>;
  /** Other keys for tensors of the package. */
  readonly aliases: readonly (readonly [name: string, found: Found])[];
  readonly positions: readonly (readonly [stage: 'encoder' | 'adapter', found: Found])[];
  /** Tensors of later sources that an earlier one has too: they must have its shape. */
  readonly superseded: readonly (readonly [name: string, found: Found])[];
  /** How many keys were left out, by reason. */
  readonly unused: ReadonlyMap<string, number>;
}

/**
 * Sorts the keys of all sources; where two have a tensor, the earlier one's is taken. Keys that no naming knows, that a
 * source has twice, and weights that are no floats become problems.
 */
export function takeInventory(sources: readonly Source[], problems: Problems): Inventory {
  const weights = new Map<string, Found>();
  const lora = new Map<string, LoraFactors>();
  const aliases: [string, Found][] = [];
  const positions: ['encoder' | 'adapter', Found][] = [];
  const superseded: [string, Found][] = [];
  const unused = new Map<string, number>();
  const count = (why: string): void => void unused.set(why, (unused.get(why) ?? 0) + 1);

  for (const { checkpoint, naming } of sources) {
    const { label, tensors, others } = checkpoint;
    const own = new Set<string>();
    for (const [key, tensor] of tensors) {
      const use = naming(key);
      if (use === undefined) {
        problems.add('unknown', key, `in ${label}`);
        continue;
      }
      if (use.kind === 'unused') {
        count(use.why);
        continue;
      }
      const found = { tensor, label };
      if (!isFloatType(tensor.dtype))
        problems.add('type', key, `floats expected, ${label} has ${tensor.dtype}`);
      if (use.kind === 'positions') {
        positions.push([use.stage, found]);
      } else if (use.kind === 'alias') {
        aliases.push([use.name, found]);
      } else {
        const what = use.kind === 'lora' ? `${use.name} ${use.factor}` : use.name;
        if (own.has(what)) problems.add('twice', use.name, `${label} has it as ${key} and under another key`);
        own.add(what);
        if (use.kind === 'lora') {
          lora.set(use.name, { ...lora.get(use.name), [use.factor]: found });
        } else if (weights.has(use.name)) {
          superseded.push([use.name, found]);
        } else {
          weights.set(use.name, found);
        }
      }
    }
    for (const _ of others) count('no tensor');
  }
  return { weights, lora, aliases, positions, superseded, unused };
}

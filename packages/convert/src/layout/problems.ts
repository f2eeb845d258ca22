import { ConvertError } from '../convert-error.js';

/** What can be wrong with the tensors of checkpoints, in the order of the report. */
export type ProblemKind = 'missing' | 'unknown' | 'twice' | 'shape' | 'type' | 'content' | 'config';

const TITLES: Readonly<Record<ProblemKind, string>> = {
  missing: 'missing',
  unknown: 'not part of the model (--leave-out drops them)',
  twice: 'present more than once',
  shape: 'of another shape',
  type: 'of another type',
  content: 'of other content',
  config: 'contradicted by config.json',
};

/** One thing that is wrong. */
export interface Problem {
  readonly kind: ProblemKind;
  /** The key or name that it is about. */
  readonly name: string;
  /** What was expected and what came; empty when the kind says it all. */
  readonly why: string;
}

/** Everything that is wrong with the tensors, so that it is reported at once. */
export class Problems {
  readonly #found: Problem[] = [];

  add(kind: ProblemKind, name: string, why = ''): void {
    this.#found.push({ kind, name, why });
  }

  /** Throws a `ConvertError` with all problems, grouped by kind and by layer, when there are any. */
  throwIfAny(): void {
    if (this.#found.length === 0) return;
    const groups = (Object.keys(TITLES) as ProblemKind[]).flatMap((kind) => {
      const own = this.#found.filter((problem) => problem.kind === kind);
      return own.length === 0 ? [] : [`  ${TITLES[kind]} (${own.length}):`, ...linesOf(own)];
    });
    throw new ConvertError(
      'layout',
      [
        'the tensors do not make up the model; give the checkpoint and the language model that belong together:',
      ]
        .concat(groups)
        .join('\n'),
    );
  }
}

/** One line for all layers that share a problem: `model.layers.N.x (N = 0-3, 7)`. */
function linesOf(problems: readonly Problem[]): string[] {
  const layersOf = new Map<string, number[]>();
  for (const { name, why } of problems) {
    const layer = /\.(?:layers|encoders|blocks)\.(\d+)\./.exec(name)?.[1];
    const pattern = layer === undefined ? name : name.replace(`.${layer}.`, '.N.');
    const line = `    ${pattern}${why === '' ? '' : `: ${why}`}`;
    const layers = layersOf.get(line) ?? [];
    if (layer !== undefined) layers.push(Number(layer));
    layersOf.set(line, layers);
  }
  return [...layersOf].map(([line, layers]) =>
    layers.length === 0 ? line : `${line} (N = ${ranges(layers)})`,
  );
}

/** 0, 1, 2, 5 -> "0-2, 5". */
function ranges(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const runs: [first: number, last: number][] = [];
  for (const number of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}

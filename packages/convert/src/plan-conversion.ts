import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { type ModelDims, parseManifest, type Stage, type WeightKind } from '@osum/nn';
import { ConvertError } from './convert-error.js';
import { type ConvertOptions, STAGES } from './convert-options.js';
import type { LanguageConfig } from './language/language-config.js';
import type { TokenizerFiles } from './language/tokenizer-files.js';
import { checkCopies } from './layout/check-copies.js';
import { takeInventory } from './layout/inventory.js';
import { lowRankChanges } from './layout/low-rank-changes.js';
import { absentBiases, matchTensors } from './layout/match-tensors.js';
import { Problems } from './layout/problems.js';
import type { TensorSource } from './layout/tensor-sources.js';
import { type ManifestDraft, newDraft, redraft } from './model-json.js';
import { stageOfName } from './naming/stage-of-name.js';
import { publishedPrompts } from './published-prompts.js';
import { knownTensors, readDims } from './read-dims.js';
import type { Sources } from './sources.js';
import type { StandingPackage } from './standing-package.js';

/** The published tokenizer (reference: osum-pangu-model.md, section 5.1) and the vocabulary that it belongs to. */
const PUBLISHED_TOKENIZER = '6b16f1558c0cd4ae6ef1a2c605713be0a514f50e1ce2d2c878979ce988c148ec';
const PUBLISHED_VOCABULARY = 153_376;

/** The tensors of a stage and where they come from. */
export interface StagePlan {
  readonly stage: Stage;
  readonly tensors: readonly TensorSource[];
}

/** A conversion that has been checked whole: only reading and writing can still fail. */
export interface ConversionPlan {
  readonly weights: WeightKind;
  readonly stages: readonly StagePlan[];
  /** `model.json` without its files. */
  readonly draft: ManifestDraft;
  /** Null when the decoder is not converted. */
  readonly tokenizer: Buffer | null;
  readonly unused: ReadonlyMap<string, number>;
  readonly lora: { readonly rank: number; readonly scale: number } | null;
  readonly notes: readonly string[];
  /** Tells this conversion from all others, hexadecimal. */
  readonly identity: string;
}

/**
 * Checks that the sources make up the model, each key used once and each shape as its neighbours call for, and says where
 * each tensor of the package comes from. Rejects with a `ConvertError` that lists everything that is wrong.
 */
export async function planConversion(
  options: ConvertOptions,
  { checkpoints, language }: Sources,
  standing: StandingPackage | null,
): Promise<ConversionPlan> {
  const stages = options.stages ?? STAGES;
  const weights = weightsOf(options, standing);
  const config = language?.config ?? null;
  const problems = new Problems();
  const inventory = takeInventory(checkpoints, problems);
  const dims = readDims(options, stages, config, inventory, standing, problems);
  const known = stages.filter((stage) => knownTensors(dims, stage) !== undefined);
  const specs = known.flatMap((stage) => knownTensors(dims, stage)!);
  const changes = known.includes('decoder')
    ? lowRankChanges(knownTensors(dims, 'decoder')!, inventory, options.loraAlpha, problems)
    : null;
  const withoutBias = absentBiases(inventory, config?.attention_bias);
  const tensors = matchTensors(
    specs,
    known,
    inventory,
    changes?.byWeight ?? new Map(),
    { withoutBias, tiedHead: config?.tie_word_embeddings ?? false },
    problems,
  );
  await checkCopies(inventory, problems, options.signal);
  problems.throwIfAny();

  const lora =
    changes === null || changes.rank === null ? null : { rank: changes.rank, scale: changes.scale };
  const { prompts = 'serving' } = options;
  const from = checkpoints.map(({ checkpoint: { label, bytes } }) => ({ name: label, bytes }));
  const conversion = { stages, from, lora: lora ?? 'none', prompts };
  const tokenizer = language?.tokenizer ?? null;
  const draft =
    standing === null
      ? newDraft(
          basename(resolve(options.out)),
          weights,
          dims as ModelDims,
          tokenizer!.entry,
          await publishedPrompts(prompts),
          conversion,
        )
      : redraft(standing.json, dims as ModelDims, tokenizer?.entry, conversion);
  checkDraft(draft);
  return {
    weights,
    stages: stages.map((stage) => ({
      stage,
      tensors: tensors.filter(({ spec }) => stageOfName(spec.name) === stage),
    })),
    draft,
    tokenizer: tokenizer?.model ?? null,
    unused: inventory.unused,
    lora,
    notes: notesOf(tokenizer, config, withoutBias, standing),
    identity: createHash('sha256')
      .update(JSON.stringify([draft, stages, checkpoints.map(({ checkpoint }) => checkpoint.fingerprint)]))
      .update(tokenizer?.model ?? '')
      .digest('hex'),
  };
}

function weightsOf({ weights }: ConvertOptions, standing: StandingPackage | null): WeightKind {
  const kept = standing?.manifest.weights;
  if (weights !== undefined && kept !== undefined && weights !== kept) {
    throw new ConvertError(
      'options',
      `the package stores its weights in ${kept}, and all stages of a package in the same; leave out --dtype, or convert the whole model`,
    );
  }
  return weights ?? kept ?? 'bf16';
}

/** Throws a `ConvertError` when no `model.json` can be made of the draft. */
function checkDraft(draft: ManifestDraft): void {
  const file = { path: 'later', sha256: '0'.repeat(64), bytes: 1 };
  try {
    parseManifest({ ...draft, files: { encoder: file, adapter: file, decoder: file, tokenizer: file } });
  } catch (error) {
    throw new ConvertError('config', `this model cannot be packed: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function notesOf(
  tokenizer: TokenizerFiles | null,
  config: LanguageConfig | null,
  withoutBias: ReadonlySet<string>,
  standing: StandingPackage | null,
): string[] {
  const notes: string[] = [];
  if (tokenizer !== null && config !== null) {
    notes.push(...tokenizer.notes);
    const digest = createHash('sha256').update(tokenizer.model).digest('hex');
    if (config.vocab_size === PUBLISHED_VOCABULARY && digest !== PUBLISHED_TOKENIZER) {
      notes.push('tokenizer.model is not byte for byte the published one');
    }
    if (withoutBias.size > 0) {
      notes.push(`the language model has no ${[...withoutBias].join(', ')}: zeros stand there`);
    }
  }
  const isScored = Object.values(standing?.manifest.tasks ?? {}).some(({ scores = [] }) => scores.length > 0);
  if (isScored)
    notes.push('the scores in model.json are those of before; osum eval --write-scores measures anew');
  return notes;
}

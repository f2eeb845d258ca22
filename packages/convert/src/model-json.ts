import { type Manifest, type ModelDims, PACKAGE_FORMAT, type WeightKind } from '@osum/nn';
import { isLabelTask, LABELS, OSUM_PANGU_COMBINATIONS, TASKS, type Task } from '@osum/text';
import type { PublishedPrompts } from './published-prompts.js';

/** Greedy decoding as upstream serves (reference: osum-pangu-model.md, section 6). */
const GENERATION = { maxNewTokens: 400, repetitionPenalty: 1.05 };

const LANGUAGES = ['zh', 'en'];

/** What `model.json` says beside the files. */
export type ManifestDraft = Omit<Manifest, 'files'>;

/** `model.json` of a new package, without scores: `osum eval` measures and writes them. */
export function newDraft(
  name: string,
  weights: WeightKind,
  dims: ModelDims,
  tokenizer: Manifest['tokenizer'],
  { prompts, intentPrefix }: PublishedPrompts,
  conversion: unknown,
): ManifestDraft {
  return {
    format: PACKAGE_FORMAT,
    name,
    version: '1.0.0',
    weights,
    ...dims,
    tokenizer,
    prompts,
    intentPrefix,
    passPrompt: 'instruction',
    generation: GENERATION,
    combinations: [...OSUM_PANGU_COMBINATIONS],
    tasks: Object.fromEntries(TASKS.map((task) => [task, taskEntry(task)])),
    intent: { languages: LANGUAGES, refuses: false, scores: [] },
    provenance: { madeBy: 'osum convert', conversions: [conversion] },
    licences: [
      {
        what: 'weights of OSUM-Pangu and openPangu-Embedded',
        licence: 'the terms that they were published under',
      },
    ],
  };
}

/** `model.json` of a package some of whose stages are replaced; all else stays, known to this version or not. */
export function redraft(
  json: Readonly<Record<string, unknown>>,
  dims: ModelDims,
  tokenizer: Manifest['tokenizer'] | undefined,
  conversion: unknown,
): ManifestDraft {
  const { files: _, ...kept } = json as unknown as Manifest;
  const earlier = [kept.provenance.conversions ?? []].flat();
  return {
    ...kept,
    ...dims,
    tokenizer: tokenizer ?? kept.tokenizer,
    provenance: { ...kept.provenance, conversions: [...earlier, conversion] },
  };
}

function taskEntry(task: Task): Manifest['tasks'][string] {
  const labels = isLabelTask(task) ? { labels: [...LABELS[task]] } : {};
  return { supported: true, languages: LANGUAGES, ...labels, scores: [] };
}

import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMostlyCjk } from '@osum/eval';
import type { Manifest } from '@osum/nn';
import { applyEdits, modify } from 'jsonc-parser';
import { UsageError } from '../usage-error.js';
import type { Abilities } from './abilities.js';
import { scoredTasks } from './reference.js';
import { type Outcome, setReports } from './report.js';
import type { MetricsOfSome } from './scoring.js';
import type { Scorings } from './task-scorings.js';

/** A score as it stands in a package's `model.json`. */
export interface PackageScore {
  readonly metric: string;
  /** Rounded: shares to 0.0001, times to 0.1 ms. */
  readonly value: number;
  /** The test set. */
  readonly on: string;
  /** Utterances. */
  readonly n: number;
}

/** Scores with the place in `model.json` that they belong to. */
export interface PlacedScores {
  readonly path: readonly string[];
  readonly scores: readonly PackageScore[];
}

/**
 * The scores of answers that a package may claim: by set, of questions that were asked by tags, and of instructions alone (by
 * their language). Recognition is told by words (`wer`), or by characters (`cer`) where the references are mostly CJK.
 */
export function packageScores(
  outcomes: readonly Outcome[],
  scorings: Scorings,
  seed: number,
): PlacedScores[] {
  const fair = outcomes.filter(({ question }) => question.tags !== undefined || question.audio === undefined);
  const found = new Map<string, PackageScore[]>();
  const add = (
    place: string,
    metrics: readonly string[],
    on: string,
    { metrics: values, utterances }: MetricsOfSome,
  ) => {
    const scores = metrics.flatMap((metric): PackageScore[] => {
      const value = values[metric]?.value;
      return typeof value === 'number' ? [{ metric, value: rounded(metric, value), on, n: utterances }] : [];
    });
    found.set(place, [...(found.get(place) ?? []), ...scores]);
  };
  for (const [set, { tasks }] of Object.entries(setReports(fair, scorings, seed))) {
    for (const task of scoredTasks) {
      const report = tasks[task];
      if (report === undefined) continue;
      if (task === 'asr') add('tasks.asr', [recognitionMetric(fair, set)], set, report);
      else if (task === 'align') add('tasks.align', ['startMedianMs'], set, report);
      else if (task === 'chat') add('tasks.chat', ['rubric'], set, report);
      else if (task !== 'intent') add(`tasks.${task}`, ['accuracy', 'macroAccuracy'], set, report);
      else {
        for (const [language, part] of Object.entries(report.groups?.language ?? {})) {
          add('intent', ['exactTags'], `${set}, ${language}`, part);
        }
      }
    }
  }
  return [...found].map(([place, scores]) => ({ path: [...place.split('.'), 'scores'], scores }));
}

function recognitionMetric(outcomes: readonly Outcome[], set: string): 'wer' | 'cer' {
  const texts = outcomes.flatMap(({ question }) =>
    question.set === set ? (question.reference.asr ?? []) : [],
  );
  return isMostlyCjk(texts.join(' ')) ? 'cer' : 'wer';
}

function rounded(metric: string, value: number): number {
  return Number(value.toFixed(metric.endsWith('Ms') ? 1 : 4));
}

/**
 * Checks that scores of the mesh's package may be written to `folder`: that it holds a package of the same name and version.
 * Fails with `UsageError`.
 */
export async function requireSamePackage(folder: string, { model, version }: Abilities): Promise<void> {
  const { manifest } = await readPackage(folder);
  if (manifest.name === model && manifest.version === version) return;
  throw new UsageError(
    `${folder} is ${manifest.name} ${manifest.version}, but the mesh serves ${model} ${version}: scores are written to the package that was measured`,
  );
}

/**
 * Puts scores into a package's `model.json`. A score takes the place of the one with the same metric on the same set; others stay,
 * and so does all else, to the byte. The file is exchanged at once: a reader sees the old or the new one.
 *
 * Fails with `UsageError` where the folder holds no valid package.
 */
export async function writePackageScores(folder: string, placed: readonly PlacedScores[]): Promise<void> {
  const { parseManifest } = await import('@osum/nn');
  const { path, text, manifest } = await readPackage(folder);
  let edited = text;
  for (const { path: place, scores } of placed) {
    const merged = mergeScores(scoresAt(manifest, place), scores);
    edited = applyEdits(edited, modify(edited, [...place], merged, { formattingOptions: formatOf(text) }));
  }
  parseManifest(JSON.parse(edited));
  await replaceFile(path, edited);
}

async function readPackage(folder: string): Promise<{ path: string; text: string; manifest: Manifest }> {
  const { parseManifest } = await import('@osum/nn');
  const path = join(folder, 'model.json');
  try {
    const text = await readFile(path, 'utf8');
    return { path, text, manifest: parseManifest(JSON.parse(text)) };
  } catch (error) {
    throw new UsageError(
      `--write-scores ${folder}: expected the folder of a model package: ${(error as Error).message}`,
    );
  }
}

function scoresAt({ tasks, intent }: Manifest, [part, task]: readonly string[]): readonly KnownScore[] {
  return (part === 'intent' ? intent?.scores : tasks[task ?? '']?.scores) ?? [];
}

type KnownScore = NonNullable<Manifest['tasks'][string]['scores']>[number];

function mergeScores(known: readonly KnownScore[], measured: readonly PackageScore[]): KnownScore[] {
  const isSame = (a: KnownScore, b: KnownScore) => a.metric === b.metric && a.on === b.on;
  const kept = known.map((score) => measured.find((other) => isSame(other, score)) ?? score);
  return [...kept, ...measured.filter((score) => !known.some((other) => isSame(other, score)))];
}

/** How the file is indented, so that what is added looks like the rest. */
function formatOf(text: string): { tabSize: number; insertSpaces: boolean; eol: string } {
  const indent = /^\{\r?\n([ \t]+)/.exec(text)?.[1] ?? '  ';
  return {
    tabSize: indent.length,
    insertSpaces: !indent.startsWith('\t'),
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

async function replaceFile(path: string, text: string): Promise<void> {
  const { mode } = await stat(path);
  const draft = `${path}.${process.pid}.draft`;
  try {
    const file = await open(draft, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

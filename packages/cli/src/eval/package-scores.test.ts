import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { applyEdits, modify } from 'jsonc-parser';
import { shippedPackage } from '../mesh/embedded-mesh.js';
import { packageScores, requireSamePackage, writePackageScores } from './package-scores.js';
import type { Question } from './question.js';
import type { Facts } from './reference.js';
import type { Outcome } from './report.js';
import { createScorings } from './task-scorings.js';

const scorings = createScorings(new Map());
const outcome = (
  set: string,
  reference: Facts,
  hypothesis: Facts,
  more: Partial<Question> = {},
): Outcome => ({
  question: { manifest: 'm', line: 1, set, audio: 'a.ogg', tags: '<asr>', reference, ...more },
  hypothesis,
});
let folder: string;
let original: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-package-'));
  original = await readFile(join(shippedPackage, 'model.json'), 'utf8');
  await writeFile(join(folder, 'model.json'), original);
});
afterEach(() => rm(folder, { recursive: true }));
const written = () => readFile(join(folder, 'model.json'), 'utf8');

test('scores by tags and of instructions alone are told by set, in the words of model.json', () => {
  const { tags: _tags, audio: _audio, ...alone } = outcome('held-out', { intent: '<asr>' }, {}).question;
  const scores = packageScores(
    [
      outcome('read', { asr: 'one two three' }, { asr: 'one two' }),
      outcome('chinese', { asr: '今天天气' }, { asr: '今天田气' }),
      outcome('read', { gender: 'MALE' }, { gender: 'MALE' }),
      outcome(
        'read',
        { align: [{ w: 'a', start: 0, end: 1 }] },
        { align: [{ w: 'a', start: 0.12345, end: 1 }] },
      ),
      { question: { ...alone, instruction: 'write', language: 'en' }, hypothesis: { intent: '<asr>' } },
    ],
    scorings,
    1,
  );
  assert.deepEqual(Object.fromEntries(scores.map(({ path, scores }) => [path.join('.'), scores])), {
    'tasks.asr.scores': [
      { metric: 'wer', value: 0.3333, on: 'read', n: 1 },
      { metric: 'cer', value: 0.25, on: 'chinese', n: 1 },
    ],
    'tasks.align.scores': [{ metric: 'startMedianMs', value: 123.5, on: 'read', n: 1 }],
    'tasks.gender.scores': [
      { metric: 'accuracy', value: 1, on: 'read', n: 1 },
      { metric: 'macroAccuracy', value: 1, on: 'read', n: 1 },
    ],
    'intent.scores': [{ metric: 'exactTags', value: 1, on: 'held-out, en', n: 1 }],
  });
});

test('what was asked about audio by an instruction is no score of the package', () => {
  const { tags: _tags, ...question } = outcome('read', { asr: 'one' }, {}).question;
  const asked: Outcome = { question: { ...question, instruction: 'write' }, hypothesis: { asr: 'one' } };
  assert.deepEqual(packageScores([asked], scorings, 1), []);
});

test('a new score is added, an old one on the same set gives way, and not a byte changes besides', async () => {
  const manifest = JSON.parse(original) as {
    tasks: Record<string, { scores: { metric: string; on: string; value: number; n: number }[] }>;
  };
  const [old, ...others] = manifest.tasks.asr!.scores;
  const measured = { metric: old!.metric, value: 0.1234, on: old!.on, n: 5 };
  const added = { metric: 'cer', value: 0.5, on: 'a new set', n: 6 };
  await writePackageScores(folder, [{ path: ['tasks', 'asr', 'scores'], scores: [measured, added] }]);

  const text = await written();
  const result = JSON.parse(text) as typeof manifest;
  assert.deepEqual(result.tasks.asr!.scores, [measured, ...others, added]);
  const lines = new Set(original.split('\n'));
  const foreign = text.split('\n').filter((line) => !lines.has(line));
  assert.deepEqual(
    foreign.map((line) => line.trim()).filter((line) => !/^"(metric|value|on|n)": /.test(line)),
    [],
  );
  const withoutScores = (json: string) =>
    applyEdits(json, modify(json, ['tasks', 'asr', 'scores'], undefined, {}));
  assert.equal(withoutScores(text), withoutScores(original));
  assert.deepEqual(await readdir(folder), ['model.json']);
});

test('writing the same scores again changes nothing', async () => {
  const placed = [
    { path: ['tasks', 'asr', 'scores'], scores: [{ metric: 'wer', value: 0.5, on: 'x', n: 1 }] },
  ];
  await writePackageScores(folder, placed);
  const once = await written();
  await writePackageScores(folder, placed);
  assert.equal(await written(), once);
  assert.notEqual(once, original);
});

test('another package than the one that was measured, and no package at all, are refused', async () => {
  const abilities = { model: 'other', version: '9', supported: new Set<never>(), labels: new Map() };
  await assert.rejects(
    requireSamePackage(folder, abilities),
    /is osum-nano \S+, but the mesh serves other 9: scores are written to the package that was measured/,
  );
  await writeFile(join(folder, 'model.json'), '{');
  await assert.rejects(
    writePackageScores(folder, []),
    /--write-scores .*: expected the folder of a model package/,
  );
  await assert.rejects(
    requireSamePackage(join(folder, 'none'), abilities),
    /expected the folder of a model package/,
  );
});

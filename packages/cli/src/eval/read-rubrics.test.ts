import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { replyFaults, replyFits } from '@osum/eval';
import { readRubrics, shippedRubrics } from './read-rubrics.js';

const jsonLines = async <T>(path: string) =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

test('every reply that training teaches fits its intent', async () => {
  const rubrics = await readRubrics(shippedRubrics);
  const intents = await jsonLines<{ intent: string; replies: string[] }>(shippedRubrics);
  assert.ok(intents.length > 0);
  for (const { intent, replies } of intents) {
    for (const reply of replies) assert.deepEqual(replyFaults(rubrics.get(intent)!, reply), [], reply);
  }
});

test('the rule judges as it does in training', async () => {
  const rubrics = await readRubrics(shippedRubrics);
  const checks = await jsonLines<{ intent: string; reply: string; fits: boolean }>(
    join(dirname(shippedRubrics), 'rubric-checks.jsonl'),
  );
  assert.ok(checks.some(({ fits }) => fits) && checks.some(({ fits }) => !fits));
  for (const { intent, reply, fits } of checks) {
    assert.equal(replyFits(rubrics.get(intent)!, reply), fits, `${intent}: ${reply}`);
  }
});

test('a rubric that is not as it should be is refused with its line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'osum-rubrics-'));
  try {
    const path = join(folder, 'intents.jsonl');
    const rubric = { needs: [['hello']], forbids: ['Bye'], words: [1, 5], repeats: 3 };
    await writeFile(path, `${JSON.stringify({ intent: 'hello', rubric })}\n`);
    await assert.rejects(
      readRubrics(path),
      /intents\.jsonl:1: rubric\.forbids\.0: expected lower-case words/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

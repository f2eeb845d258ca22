import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMissingLabel, LABELS, normaliseLabel } from './labels.js';
import { LABEL_TASKS } from './tasks.js';

test('every label means itself, with and without brackets and in lower case', () => {
  for (const task of LABEL_TASKS) {
    for (const label of LABELS[task]) {
      assert.equal(normaliseLabel(task, label), label);
      assert.equal(normaliseLabel(task, `<${label.toLowerCase()}> `), label);
    }
  }
});

test('spellings that upstream and models use are understood', () => {
  assert.equal(normaliseLabel('caption', 'throat clearing'), 'THROAT_CLEARING');
  assert.equal(normaliseLabel('caption', 'Throat-Clearing'), 'THROAT_CLEARING');
  assert.equal(normaliseLabel('caption', 'laughter'), 'LAUGH');
  assert.equal(normaliseLabel('emotion', '<ANGRY>'), 'ANGER');
  assert.equal(normaliseLabel('age', 'middle_age'), 'ADULT');
  assert.equal(normaliseLabel('style', '小说'), '有声书');
  assert.equal(normaliseLabel('gender', 'ＭＡＬＥ'), 'MALE');
});

test("a word of another task, or no word of any, is no label; names of the object's prototype neither", () => {
  assert.equal(normaliseLabel('gender', 'ADULT'), undefined);
  assert.equal(normaliseLabel('emotion', 'bored'), undefined);
  assert.equal(normaliseLabel('style', ''), undefined);
  assert.equal(normaliseLabel('gender', 'constructor'), undefined);
  assert.equal(normaliseLabel('gender', '__proto__'), undefined);
});

test('words for a missing label are told from labels', () => {
  assert.ok(isMissingLabel('<NONE>'));
  assert.ok(isMissingLabel('null'));
  assert.ok(!isMissingLabel('OTHER'));
});

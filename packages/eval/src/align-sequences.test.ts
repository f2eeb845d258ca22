import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignSequences, countEdits } from './align-sequences.js';
import { seededRandom } from './seeded-random.js';

const words = (text: string) => text.split(' ').filter((word) => word !== '');
const edits = (reference: string, hypothesis: string) => {
  const { hits, substitutions, insertions, deletions } = countEdits(words(reference), words(hypothesis));
  return [hits, substitutions, insertions, deletions];
};

test('hits, substitutions, insertions and deletions are those of the cheapest alignment', () => {
  assert.deepEqual(edits('hold on hold fast', 'hold on hold fast'), [4, 0, 0, 0]);
  assert.deepEqual(edits('hold on hold fast', 'hold in hold fast'), [3, 1, 0, 0]);
  assert.deepEqual(edits('hold on hold fast', 'hold on fast'), [3, 0, 0, 1]);
  assert.deepEqual(edits('hold on hold fast', 'please hold on hold fast now'), [4, 0, 2, 0]);
  assert.deepEqual(edits('the cat sat on the mat', 'a cat sat the mat today'), [4, 1, 1, 1]);
});

test('an empty side is all deletions or all insertions', () => {
  assert.deepEqual(edits('a b c', ''), [0, 0, 0, 3]);
  assert.deepEqual(edits('', 'a b'), [0, 0, 2, 0]);
  assert.deepEqual(edits('', ''), [0, 0, 0, 0]);
});

test('of equally cheap alignments, that with the most hits counts', () => {
  assert.deepEqual(edits('a b', 'b a'), [1, 0, 1, 1]);
});

test('the pairs are the hits of the counted alignment, in order', () => {
  assert.deepEqual(alignSequences(words('a x b c'), words('a b y c')), [
    [0, 0],
    [2, 1],
    [3, 3],
  ]);
  assert.deepEqual(alignSequences(words('seven seven two'), words('seven two')), [
    [1, 0],
    [2, 1],
  ]);
  assert.deepEqual(alignSequences(words('a'), []), []);
});

test('counts and pairs agree with an exhaustive search on random sequences', () => {
  const random = seededRandom('alignments');
  const draw = () => Array.from({ length: Math.floor(random() * 7) }, () => 'abc'[Math.floor(random() * 3)]!);
  for (let i = 0; i < 300; i++) {
    const [reference, hypothesis] = [draw(), draw()];
    const counts = countEdits(reference, hypothesis);
    const { cost, hits } = exhaustive(reference, hypothesis);
    const { substitutions, insertions, deletions } = counts;
    assert.equal(substitutions + insertions + deletions, cost, `${reference} against ${hypothesis}`);
    assert.equal(counts.hits, hits);
    assert.equal(counts.hits + substitutions + deletions, reference.length);
    assert.equal(counts.hits + substitutions + insertions, hypothesis.length);
    const pairs = alignSequences(reference, hypothesis);
    assert.equal(pairs.length, hits);
    for (const [index, [i, j]] of pairs.entries()) {
      assert.equal(reference[i], hypothesis[j]);
      const [before] = pairs.slice(index - 1, index);
      if (index > 0) assert.ok(before![0] < i && before![1] < j);
    }
  }
});

/** The least cost, and the most hits with it, by trying every alignment. */
function exhaustive(
  reference: readonly string[],
  hypothesis: readonly string[],
): { cost: number; hits: number } {
  if (reference.length === 0 || hypothesis.length === 0) {
    return { cost: reference.length + hypothesis.length, hits: 0 };
  }
  const [r, ...restR] = reference;
  const [h, ...restH] = hypothesis;
  const both = exhaustive(restR, restH);
  const equal = r === h;
  const choices = [
    { cost: both.cost + (equal ? 0 : 1), hits: both.hits + (equal ? 1 : 0) },
    ...[exhaustive(restR, hypothesis), exhaustive(reference, restH)].map(({ cost, hits }) => ({
      cost: cost + 1,
      hits,
    })),
  ];
  return choices.reduce((best, choice) =>
    choice.cost < best.cost || (choice.cost === best.cost && choice.hits > best.hits) ? choice : best,
  );
}

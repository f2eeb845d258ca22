import assert from 'node:assert/strict';
import { test } from 'node:test';
import { melEdges, melFilterbank } from './mel-filterbank.js';

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} within ${tolerance}`);

test('the mel matrix has the values of the reference, Appendix A', () => {
  const matrix = melFilterbank(80);
  assert.equal(matrix.length, 80 * 201);
  near(
    matrix.reduce((sum, x) => sum + x, 0),
    1.99902415,
    1e-7,
  );
  assert.equal(matrix.filter((x) => x !== 0).length, 391);
  near(matrix[0 * 201 + 1]!, 0.0248625949, 1e-10);
  near(matrix[79 * 201 + 190]!, 0.0022320549, 1e-10);
  near(matrix[79 * 201 + 195]!, 0.0022437952, 1e-10);
  near(matrix[79 * 201 + 199]!, 0.000448759, 1e-10);
  const row = matrix.subarray(40 * 201, 41 * 201);
  assert.equal(row.indexOf(Math.max(...row)), 43);
  near(row[43]!, 0.0147355665, 1e-10);
});

test('the corner frequencies run from 0 to 8000 Hz', () => {
  const edges = melEdges(80);
  [0, 37.23921026, 74.47842053].forEach((hertz, i) => {
    near(edges[i]!, hertz, 1e-8);
  });
  [7408.54219263, 7698.59321831, 8000].forEach((hertz, i) => {
    near(edges[79 + i]!, hertz, 1e-7);
  });
});

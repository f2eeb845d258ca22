import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promqlUse } from './promql.js';

test('metrics, matched labels and grouping labels of an expression are found', () => {
  const use = promqlUse(
    'histogram_quantile(0.95, sum by (le, queue) (rate(a_bucket{job=~"$job", queue!="x"}[$__rate_interval]))) / on (queue) b:c',
  );
  assert.deepEqual(use, {
    selectors: [
      { metric: 'a_bucket', labels: ['job', 'queue'] },
      { metric: 'b:c', labels: [] },
    ],
    grouping: ['le', 'queue', 'queue'],
  });
});

test('what is no PromQL is refused', () => {
  assert.throws(() => promqlUse('sum(rate(a[5m])'), SyntaxError);
});

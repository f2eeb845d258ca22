import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  adapterRowsFromEncoder,
  encoderFramesFromMel,
  melFramesFromSamples,
  speechPositionsFromSamples,
} from './lengths.js';

test('frame counts follow the reference, Appendix A', () => {
  const counts = [
    [400, 2],
    [560, 3],
    [639, 3],
    [640, 4],
    [16159, 100],
    [16160, 101],
  ] as const;
  for (const [samples, frames] of counts) assert.equal(melFramesFromSamples(samples), frames);
});

test('37 mel frames become 19 encoder frames, 5 rows and 7 positions', () => {
  assert.equal(encoderFramesFromMel(37), 19);
  assert.equal(adapterRowsFromEncoder(19), 5);
  assert.equal(speechPositionsFromSamples(37 * 160), 7);
});

test('other strides take one ceiling each', () => {
  assert.equal(adapterRowsFromEncoder(19, [2, 2, 2]), 3);
  assert.equal(adapterRowsFromEncoder(19, []), 19);
});

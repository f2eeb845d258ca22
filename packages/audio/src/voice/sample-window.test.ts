import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SampleWindow } from './sample-window.js';

test('samples are addressed by their place in the stream, across chunks', () => {
  const window = new SampleWindow();
  window.append(Float32Array.of(0, 1, 2));
  window.append(Float32Array.of());
  window.append(Float32Array.of(3, 4));
  assert.equal(window.end, 5);
  assert.deepEqual([...window.slice(1, 4)], [1, 2, 3]);
  assert.deepEqual([...window.slice(-2, 9)], [0, 1, 2, 3, 4]);
});

test('what was dropped is gone, what is still needed is not', () => {
  const window = new SampleWindow();
  for (let i = 0; i < 10; i++) window.append(Float32Array.of(2 * i, 2 * i + 1));
  window.dropBefore(7);
  assert.deepEqual([...window.slice(7, 9)], [7, 8]);
  assert.deepEqual([...window.slice(0, 8)], [6, 7]);
});

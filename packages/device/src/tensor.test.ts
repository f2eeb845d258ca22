import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device } from './device.js';
import { contiguousStrides } from './shape.js';
import type { Storage } from './storage.js';
import { Tensor } from './tensor.js';

const storage: Storage = {
  device: {} as Device,
  id: 1,
  bytes: 240,
  writable: true,
  dispose: async () => {},
};
const tensor = (...shape: number[]) => new Tensor(storage, 'f32', shape, contiguousStrides(shape), 0);

test('a view keeps the elements and infers one extent', () => {
  const view = tensor(3, 4, 5).view(12, -1);
  assert.deepEqual([view.shape, view.strides, view.offset], [[12, 5], [5, 1], 0]);
  assert.throws(() => tensor(3, 4).transpose().view(12), /view needs a contiguous tensor.*copy it/);
  assert.throws(() => tensor(3, 4).view(5, 2), /does not have the 12 elements/);
});

test('slice, rows and select move the offset', () => {
  const x = tensor(3, 4, 5);
  assert.deepEqual([x.slice(1, 1, 3).shape, x.slice(1, 1, 3).offset], [[3, 2, 5], 5]);
  assert.deepEqual([x.rows(2).shape, x.rows(2).offset], [[1, 4, 5], 40]);
  assert.deepEqual([x.slice(-1, -2).shape, x.slice(-1, -2).offset], [[3, 4, 2], 3]);
  assert.deepEqual([x.select(0, 1).shape, x.select(0, 1).offset], [[4, 5], 20]);
  assert.deepEqual(
    [x.select(2, -1).shape, x.select(2, -1).offset, x.select(2, -1).strides],
    [[3, 4], 4, [20, 5]],
  );
  assert.throws(() => x.slice(1, 1, 5), /slice 1..5 is outside dimension 1 of f32\[3, 4, 5\]/);
  assert.throws(() => x.slice(3, 0), /dimension 3 is outside a tensor of rank 3/);
});

test('transpose, permute and unsqueeze only reorder', () => {
  const x = tensor(3, 4, 5);
  assert.deepEqual(
    [x.transpose().shape, x.transpose().strides],
    [
      [3, 5, 4],
      [20, 1, 5],
    ],
  );
  assert.deepEqual(
    [x.permute(2, 0, 1).shape, x.permute(2, 0, 1).strides],
    [
      [5, 3, 4],
      [1, 20, 5],
    ],
  );
  assert.deepEqual(x.unsqueeze(1).shape, [3, 1, 4, 5]);
  assert.deepEqual(x.unsqueeze(-1).shape, [3, 4, 5, 1]);
  assert.ok(x.unsqueeze(1).isContiguous);
  assert.throws(() => x.permute(0, 1, 1), /must name each of the 3 dimensions/);
});

test('contiguity ignores extents of one', () => {
  assert.ok(tensor(3, 1, 5).asStrided([3, 1, 5], [5, 77 % 5, 1]).isContiguous);
  assert.ok(!tensor(3, 4).slice(1, 0, 3).isContiguous);
  assert.ok(tensor(3, 4).rows(1).isContiguous);
});

test('rows may overlap, but no view leaves its storage', () => {
  const windows = tensor(60).asStrided([19, 6], [3, 1]);
  assert.equal(windows.elements, 114);
  assert.throws(
    () => tensor(60).asStrided([20, 6], [3, 1]),
    /leaves its storage of 60 elements \(240 bytes\)/,
  );
  assert.throws(() => tensor(60).asStrided([2], [-1]), /non-negative integers/);
  assert.doesNotThrow(() => tensor(60).asStrided([0, 6], [3, 1], 60));
});

test('a tensor describes itself', () => {
  assert.equal(String(tensor(2, 3)), 'f32[2, 3]');
  assert.equal(String(tensor(2, 3).transpose()), 'f32[3, 2] strides [1, 3] offset 0');
});

test('int4 counts two elements a byte', () => {
  const packed = new Tensor(storage, 'i4', [15, 32], [32, 1], 0);
  assert.equal(packed.bytes, 240);
  assert.throws(() => new Tensor(storage, 'i4', [481], [1], 0), /storage of 480 elements/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockPool, OutOfBlocksError } from './block-pool.js';
import { KvSequence } from './kv-sequence.js';

test('a sequence takes blocks as it reserves and gives all of them back', () => {
  const pool = new BlockPool(5, 1);
  const sequence = new KvSequence(pool);
  sequence.reserve(129);
  assert.equal(sequence.blocks.length, 2);
  assert.ok(!sequence.blocks.includes(0), 'the first block is not the pool’s to give');
  sequence.advance(129);
  assert.equal(sequence.slot(0), sequence.blocks[0]! * 128);
  assert.equal(sequence.slot(128), sequence.blocks[1]! * 128);
  assert.equal(pool.usedBlocks, 2);
  sequence.release();
  sequence.release();
  assert.equal(pool.freeBlocks, pool.totalBlocks);
});

test('a reservation that does not fit takes nothing and says what is missing', () => {
  const pool = new BlockPool(2);
  const sequence = new KvSequence(pool);
  assert.throws(
    () => sequence.reserve(3 * 128),
    (error: unknown) => {
      assert.ok(error instanceof OutOfBlocksError);
      assert.deepEqual([error.wantedBlocks, error.freeBlocks], [3, 2]);
      return true;
    },
  );
  assert.equal(pool.freeBlocks, 2);
  assert.throws(() => sequence.advance(1), /reserve more first/);
  assert.throws(() => sequence.slot(0), /reserve more first/);
});

test('a fork shares full blocks and gets a twin of the partial one', () => {
  const pool = new BlockPool(8);
  const parent = new KvSequence(pool);
  parent.reserve(300);
  parent.advance(300);
  const { sequence: child, copies } = parent.fork(400);
  assert.deepEqual(child.blocks.slice(0, 2), parent.blocks.slice(0, 2));
  assert.deepEqual(copies, [{ from: parent.blocks[2]!, to: child.blocks[2]!, positions: 300 - 256 }]);
  assert.equal(child.blocks.length, 4);
  assert.equal(child.length, 300);
  assert.equal(pool.references(parent.blocks[0]!), 2);
  assert.equal(pool.usedBlocks, 3 + 2);
  const shared = parent.blocks[0]!;
  parent.release();
  assert.equal(pool.references(shared), 1);
  assert.equal(pool.usedBlocks, 4);
  child.release();
  assert.equal(pool.usedBlocks, 0);
});

test('a fork at a block boundary copies nothing', () => {
  const pool = new BlockPool(4);
  const parent = new KvSequence(pool);
  parent.reserve(256);
  parent.advance(256);
  const { sequence, copies } = parent.fork();
  assert.deepEqual(copies, []);
  assert.deepEqual(sequence.blocks, parent.blocks);
});

test('a fork without room leaves the counts as they were', () => {
  const pool = new BlockPool(3);
  const parent = new KvSequence(pool);
  parent.reserve(200);
  parent.advance(200);
  assert.throws(() => parent.fork(600), OutOfBlocksError);
  assert.equal(pool.usedBlocks, 2);
  assert.equal(pool.references(parent.blocks[0]!), 1);
});

test('releasing a free block is an error', () => {
  assert.throws(() => new BlockPool(2).release([1]), /not in use/);
});

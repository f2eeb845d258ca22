import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bf16FromNumber, numberFromBf16 } from '@osum/device';
import { ropeCache, ropeFrequencies } from './rope.js';
import { adapterPositions, whisperPositions } from './sinusoids.js';

const near = (actual: number, expected: number, tolerance = 1e-7): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} within ${tolerance}`);

test("Whisper's positional table has the values of the reference, Appendix A", () => {
  const table = whisperPositions(1500, 1024);
  const at = (p: number, c: number): number => table[p * 1024 + c]!;
  const bf16At = (p: number, c: number): number => numberFromBf16(bf16FromNumber(at(p, c)));
  near(at(1, 0), 0.84147096);
  near(at(1, 1), 0.83168602);
  near(at(1, 511), 0.0001);
  near(at(1, 512), 0.54030234);
  near(at(100, 3), 0.46936491, 1e-5);
  near(at(1499, 0), -0.44422069);
  near(at(1499, 1023), 0.98878604, 1e-6);
  assert.deepEqual([bf16At(1, 0), bf16At(1, 1), bf16At(1, 512)], [0.83984375, 0.83203125, 0.5390625]);
});

test("the adapter's positional table has the values of the reference, Appendix A", () => {
  const table = adapterPositions(375, 1024);
  const at = (p: number, c: number): number => table[p * 1024 + c]!;
  near(at(1, 0), 0.84147096);
  near(at(1, 1), 0.54030234);
  near(at(1, 2), 0.83170521);
  near(at(10, 5), -0.97549468, 1e-6);
  near(at(374, 0), -0.14990701);
  near(at(374, 1022), 0.03806968, 1e-6);
});

test('rotary frequencies and their bf16 bits are those of the reference, Appendix A', () => {
  const exact = ropeFrequencies(128, 16_000_000, 'fp32');
  const rounded = ropeFrequencies(128, 16_000_000);
  const expected: readonly (readonly [number, number, number])[] = [
    [0, 1, 0x3f80],
    [1, 0.771677136, 0x3f46],
    [2, 0.595485628, 0x3f18],
    [3, 0.459522605, 0x3eeb],
    [8, 0.125743344, 0x3e01],
    [16, 0.0158113893, 0x3c82],
    [32, 0.000250000012, 0x3983],
    [48, 3.95284678e-6, 0x3685],
    [63, 8.09924217e-8, 0x33ae],
  ];
  for (const [i, value, bits] of expected) {
    near(exact[i]! / value, 1, 2e-7);
    assert.equal(bf16FromNumber(rounded[i]!), bits);
    assert.equal(rounded[i], numberFromBf16(bits));
  }
});

test('a row of the rotary cache is the cosines, then the sines, of its position', () => {
  const cache = ropeCache(4, ropeFrequencies(8, 100, 'fp32'));
  assert.deepEqual([...cache.subarray(0, 8)], [1, 1, 1, 1, 0, 0, 0, 0]);
  near(cache[3 * 8 + 0]!, Math.cos(3));
  near(cache[3 * 8 + 4]!, Math.sin(3));
});

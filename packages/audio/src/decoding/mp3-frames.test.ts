import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMp3FrameHeader } from './mp3-frames.js';

const header = (...bytes: number[]) => readMp3FrameHeader(Uint8Array.from(bytes), 0);

test('MPEG 1, 2 and 2.5 frames have the lengths of the standard', () => {
  assert.deepEqual(header(0xff, 0xfb, 0x90, 0x64), {
    sampleRateHz: 44_100,
    byteLength: 417,
    infoTagOffset: 36,
  });
  assert.deepEqual(header(0xff, 0xfb, 0x92, 0x64), {
    sampleRateHz: 44_100,
    byteLength: 418,
    infoTagOffset: 36,
  });
  assert.deepEqual(header(0xff, 0xfa, 0x94, 0xc0), {
    sampleRateHz: 48_000,
    byteLength: 384,
    infoTagOffset: 23,
  });
  assert.deepEqual(header(0xff, 0xf3, 0x48, 0xc0), {
    sampleRateHz: 16_000,
    byteLength: 144,
    infoTagOffset: 13,
  });
  assert.deepEqual(header(0xff, 0xe3, 0x18, 0xc0), {
    sampleRateHz: 8_000,
    byteLength: 72,
    infoTagOffset: 13,
  });
});

test('other bytes are no header: no sync, reserved version, rate or bit rate, other layers, free format, too few', () => {
  assert.equal(header(0x7f, 0xfb, 0x90, 0x64), undefined);
  assert.equal(header(0xff, 0xeb, 0x90, 0x64), undefined);
  assert.equal(header(0xff, 0xfb, 0x9c, 0x64), undefined);
  assert.equal(header(0xff, 0xfb, 0xf0, 0x64), undefined);
  assert.equal(header(0xff, 0xfd, 0x90, 0x64), undefined);
  assert.equal(header(0xff, 0xfb, 0x00, 0x64), undefined);
  assert.equal(header(0xff, 0xfb, 0x90), undefined);
});

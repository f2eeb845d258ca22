import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SegmentEvent, type SegmenterOptions, SpeechSegmenter } from './speech-segmenter.js';

const OPTIONS: SegmenterOptions = {
  startThreshold: 0.5,
  endThreshold: 0.35,
  minSilenceFrames: 4,
  minSpeechFrames: 3,
  maxFrames: 20,
  cutSearchFrames: 8,
};

/** Runs over a string of digits: tenths of probability, one a frame. */
function run(digits: string, options: Partial<SegmenterOptions> = {}): SegmentEvent[] {
  const segmenter = new SpeechSegmenter({ ...OPTIONS, ...options });
  const events = [...digits].flatMap((digit) => segmenter.push(Number(digit) / 10));
  return [...events, ...segmenter.finish()];
}

const segments = (events: readonly SegmentEvent[]) =>
  events.flatMap((event) =>
    event.type === 'ended' ? [`${event.startFrame}-${event.endFrame} ${event.cut}`] : [],
  );

test('silence and noise yield nothing', () => {
  assert.deepEqual(run('0'.repeat(100)), []);
  assert.deepEqual(run('4'.repeat(100)), []);
  assert.deepEqual(run('0099000000990000000'), []);
});

test('speech runs from its first frame to the first frame of the silence that ended it', () => {
  assert.deepEqual(segments(run('00999999000000')), ['2-8 silence']);
});

test('a pause shorter than the least silence does not end a segment', () => {
  assert.deepEqual(segments(run('9990009990000')), ['0-9 silence']);
});

test('between the thresholds nothing changes: neither speech nor silence begins', () => {
  assert.deepEqual(segments(run('99944449990000')), ['0-10 silence']);
  assert.deepEqual(segments(run('999034340000')), ['0-3 silence']);
});

test('the start is told once there is enough speech, before the end', () => {
  const events = run('0999990000');
  assert.deepEqual(
    events.map(({ type }) => type),
    ['started', 'ended'],
  );
  const segmenter = new SpeechSegmenter(OPTIONS);
  assert.deepEqual(
    [0.9, 0.9].flatMap((p) => segmenter.push(p)),
    [],
  );
  assert.deepEqual(segmenter.push(0.9), [{ type: 'started', startFrame: 0 }]);
});

test('at the end of the audio the open segment ends where speech did', () => {
  assert.deepEqual(segments(run('99999')), ['0-5 end']);
  assert.deepEqual(segments(run('9999900')), ['0-5 end']);
});

test('a segment without a pause is cut in its last part where speech is least likely, and the next begins there', () => {
  const events = run(`${'9'.repeat(15)}6${'9'.repeat(10)}0000`);
  assert.deepEqual(segments(events), ['0-15 limit', '15-26 silence']);
});

test('a short end of a word behind a cut is not lost', () => {
  assert.deepEqual(segments(run(`${'9'.repeat(18)}69000000`)), ['0-18 limit', '18-20 silence']);
});

test('endless speech is cut again and again, without gaps and never longer than allowed', () => {
  const events = run('98979699989796'.repeat(40));
  const ends = events.flatMap((event) => (event.type === 'ended' ? [event] : []));
  assert.ok(ends.length > 20);
  for (const [i, { startFrame, endFrame }] of ends.entries()) {
    assert.ok(
      (endFrame - startFrame <= OPTIONS.maxFrames &&
        endFrame - startFrame >= OPTIONS.maxFrames - OPTIONS.cutSearchFrames) ||
        i === ends.length - 1,
    );
    assert.equal(startFrame, i === 0 ? 0 : ends[i - 1]!.endFrame);
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, test } from 'node:test';
import { collectUpTo, concatSamples } from '../collect.js';
import { decodeAudio } from '../decode-audio.js';
import { startAudioThread } from '../thread/audio-thread.js';
import { type SplitOptions, splitUtterances, type UtteranceEvent } from './split-utterances.js';

const SECOND = 16_000;
const thread = startAudioThread();
after(() => thread.close());

const recording = async (name: string) => {
  const bytes = readFileSync(new URL(`../../../../test/recordings/${name}.ogg`, import.meta.url));
  const collected = await collectUpTo(decodeAudio([bytes], { thread }), 30);
  assert.equal(collected.kind, 'whole');
  return collected.samples as Float32Array;
};
const female = await recording('a-peaceful-night');
const male = await recording('moses-was-afraid');
const silence = (seconds: number) => new Float32Array(Math.round(seconds * SECOND));
const noise = (seconds: number, level: number) => {
  let seed = 777;
  return silence(seconds).map(() => {
    seed = (seed * 48_271) % 2_147_483_647;
    return level * (seed / 1_073_741_824 - 1);
  });
};

async function* inChunks(samples: Float32Array, length: number): AsyncGenerator<Float32Array> {
  for (let i = 0; i < samples.length; i += length) yield samples.subarray(i, i + length);
}

async function split(
  samples: Float32Array,
  { chunk = 4_000, ...options }: Partial<SplitOptions> & { chunk?: number } = {},
) {
  const events: UtteranceEvent[] = [];
  for await (const event of splitUtterances(inChunks(samples, chunk), { thread, ...options }))
    events.push(event);
  return events;
}

const closedOf = (events: readonly UtteranceEvent[]) =>
  events.flatMap((event) => (event.type === 'utteranceClosed' ? [event] : []));

const dialogue = concatSamples([silence(1), female, silence(1.5), male, silence(1)]);
const femaleStart = SECOND;
const maleStart = Math.round(2.5 * SECOND) + female.length;

test('two speakers with a pause are two utterances, at their places, with their samples', async () => {
  const closed = closedOf(await split(dialogue));
  assert.equal(closed.length, 2);
  for (const [i, [start, clip]] of (
    [
      [femaleStart, female],
      [maleStart, male],
    ] as const
  ).entries()) {
    const { index, startSample, endSample, samples, cut } = closed[i]!;
    assert.equal(index, i);
    assert.equal(cut, 'silence');
    assert.ok(Math.abs(startSample - start) < 0.7 * SECOND, `starts at ${startSample}, the clip at ${start}`);
    assert.ok(Math.abs(endSample - (start + clip.length)) < 0.7 * SECOND);
    assert.deepEqual(samples, dialogue.slice(startSample, endSample));
  }
});

test('events do not depend on how the stream is cut', async () => {
  const whole = await split(dialogue, { chunk: dialogue.length });
  for (const chunk of [160, 10_007]) assert.deepEqual(await split(dialogue, { chunk }), whole);
});

test('silence, hum and soft noise hold no utterance', async () => {
  assert.deepEqual(await split(silence(5)), []);
  assert.deepEqual(await split(noise(5, 0.02)), []);
  assert.deepEqual(
    await split(silence(3).map((_, i) => 0.1 * Math.sin((2 * Math.PI * 50 * i) / SECOND))),
    [],
  );
});

test('live: speech is told within half a second, the open utterance grows, and is closed before the stream goes on', async () => {
  const events = await split(dialogue, { openEverySeconds: 1 });
  const kinds = events.map(({ type, index }) => `${type} ${index}`);
  assert.equal(kinds[0], 'speechStarted 0');
  assert.equal(kinds.filter((kind) => kind === 'utteranceClosed 0').length, 1);
  assert.ok(kinds.indexOf('utteranceClosed 0') < kinds.indexOf('speechStarted 1'));
  const open = events.flatMap((event) =>
    event.type === 'utteranceOpen' && event.index === 0 ? [event] : [],
  );
  assert.ok(open.length >= 3);
  for (const [i, { startSample, samples }] of open.entries()) {
    assert.ok(samples.length >= (i + 1) * SECOND);
    assert.deepEqual(samples, dialogue.slice(startSample, startSample + samples.length));
  }
});

test('speech without a pause is cut within the limit, without loss or overlap', async () => {
  const endless = concatSamples([female, male, female, male]);
  const closed = closedOf(await split(endless, { maxUtteranceSeconds: 4, minSilenceSeconds: 2 }));
  assert.ok(closed.length >= 4);
  for (const [i, { startSample, endSample, cut }] of closed.entries()) {
    assert.ok(endSample - startSample <= 4 * SECOND);
    if (i > 0 && closed[i - 1]!.cut === 'limit') assert.ok(startSample - closed[i - 1]!.endSample < SECOND);
    if (i > 0) assert.ok(startSample >= closed[i - 1]!.endSample);
    assert.equal(cut, i === closed.length - 1 ? 'end' : 'limit');
  }
});

test('speech up to the last sample is closed by the end', async () => {
  const [only, ...others] = closedOf(
    await split(concatSamples([silence(0.5), male.subarray(0, 3 * SECOND + 77)])),
  );
  assert.deepEqual(others, []);
  assert.equal(only?.cut, 'end');
  assert.equal(only?.endSample, 3.5 * SECOND + 77);
});

test('streams at the same time do not disturb each other', async () => {
  const alone = await split(dialogue);
  const together = await Promise.all([
    split(dialogue),
    split(noise(3, 0.02)),
    split(dialogue, { chunk: 777 }),
  ]);
  assert.deepEqual(together, [alone, [], alone]);
});

test('a long recording comes in order, in flat memory, and does not hold up the event loop', async () => {
  const rounds = 5;
  async function* long() {
    for (let i = 0; i < rounds; i++) yield* inChunks(dialogue, SECOND);
  }
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const before = process.memoryUsage().arrayBuffers;
  let greatestBytes = 0;
  let utterances = 0;
  for await (const event of splitUtterances(long(), { thread })) {
    greatestBytes = Math.max(greatestBytes, process.memoryUsage().arrayBuffers - before);
    if (event.type === 'utteranceClosed') assert.equal(event.index, utterances++);
  }
  delay.disable();
  assert.equal(utterances, 2 * rounds);
  assert.ok(greatestBytes < 32 * 2 ** 20, `${greatestBytes} bytes`);
  assert.ok(delay.percentile(50) / 1e6 < 20, `${delay.percentile(50) / 1e6} ms`);
});

test('an abort ends the splitting with its reason', async () => {
  const controller = new AbortController();
  const events = splitUtterances(inChunks(dialogue, 1_000), { thread, signal: controller.signal });
  await events.next();
  controller.abort(new Error('caller left'));
  await assert.rejects(async () => {
    for await (const _ of events);
  }, /caller left/);
});

import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startAudioThread, TARGET_SAMPLE_RATE_HZ } from '@osum/audio';
import type { LoadReport } from '../bench/load.js';
import { readRecording } from '../bench/recordings.js';
import { speak } from '../bench/speak.js';
import { startEmbeddedMesh } from '../mesh/embedded-mesh.js';
import { type FakeRouter, refusedWish, startFakeRouter } from '../testing/fake-router.js';
import { runOsum } from '../testing/run-osum.js';

const recording = fileURLToPath(new URL('../../../../test/recordings/hold-fast.ogg', import.meta.url));
const reports = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LoadReport);

describe('osum bench', () => {
  let router: FakeRouter;
  before(async () => {
    router = await startFakeRouter({ delayMs: 20 });
  });
  after(() => router.close());
  const bench = (...args: string[]) =>
    runOsum(['bench', '--address', router.address, '--seconds', '1', ...args]);

  it('measures a load for each number of callers, without the first call of each', async () => {
    const before = router.asked();
    const run = await bench('--concurrency', '1,3', '--json', recording);
    assert.equal(run.code, 0, run.stderr);
    const [one, three] = reports(run.stdout);
    assert.ok(one && three);
    assert.deepEqual([one.callers, three.callers], [1, 3]);
    assert.equal(router.asked() - before, one.answered + three.answered + 4);
    assert.equal(one.latencies.call?.count, one.answered);
    assert.ok(three.answered > one.answered);
    assert.ok(one.latencies.call.p50 >= 0.02 && one.latencies.call.max >= one.latencies.call.p99);
    assert.ok(one.audioSecondsPerSecond > 0);
    assert.deepEqual(one.failed, {});
  });

  it('tells failures by their cause, and fails', async () => {
    const run = await bench('--concurrency', '2', '--tags', refusedWish, '--json', recording);
    assert.equal(run.code, 1);
    const [report] = reports(run.stdout);
    assert.equal(report?.answered, 0);
    assert.ok((report?.failed['FAILED_PRECONDITION UNSUPPORTED_TASK'] ?? 0) > 0, run.stdout);
  });

  it('prints a table for people', async () => {
    const run = await bench('--concurrency', '1', recording);
    assert.match(run.stdout, /^1 at a time: \d+ calls answered in 1\.\d s; [\d.]+ s of audio a second\n/);
    assert.match(run.stdout, /^\| ms {9}\| count \| +p50 \| +p90 \| +p95 \| +p99 \| +mean \| +max \|$/m);
    assert.match(run.stdout, /^\| whole call \| +\d+ \|( +[\d.]+ \|){6}$/m);
  });

  it('refuses what it cannot measure', async () => {
    const both = await bench('--tags', '<asr>', '--instruction', 'Write it down.', recording);
    assert.deepEqual([both.code, both.stdout], [2, '']);
    assert.match(both.stderr, /give either --instruction or --tags, not both/);
    const none = await bench('--concurrency', '1,0', recording);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /--concurrency.* expected a whole number of at least 1/);
    const noAudio = await bench(fileURLToPath(import.meta.url));
    assert.equal(noAudio.code, 1);
    assert.match(noAudio.stderr, /bench\.test\.js: /);
  });
});

test('osum bench --live tells how far results lag behind speech, and where time goes in each stage', async () => {
  const mesh = await startEmbeddedMesh();
  try {
    const args = ['--address', mesh.address, '--live', '--concurrency', '1', '--seconds', '1', '--json'];
    const run = await runOsum(['bench', ...args, recording]);
    assert.equal(run.code, 0, run.stderr);
    const [report] = reports(run.stdout);
    assert.equal(report?.answered, 1);
    assert.ok((report.latencies.result?.count ?? 0) > 0 && report.latencies.result!.p50 > 0);
    const [heard, call] = [report.audioSecondsPerSecond * report.seconds, report.latencies.call?.p50 ?? 0];
    assert.ok(call >= heard, `${call} ${heard}`);
    for (const stage of ['features', 'encoder', 'adapter', 'decoder'] as const) {
      assert.ok((report.stages[stage]?.compute.p50 ?? 0) > 0, stage);
    }
  } finally {
    await mesh.drain();
  }
});

test('audio is sent at the pace of speech, and when each moment was sent is known', async () => {
  const thread = startAudioThread();
  const whole = await readRecording(recording, thread);
  await thread.close();
  assert.equal(whole.seconds, whole.samples.length / TARGET_SAMPLE_RATE_HZ);
  const short = { ...whole, samples: whole.samples.subarray(0, 0.55 * TARGET_SAMPLE_RATE_HZ) };
  const spoken = speak(short, new AbortController().signal);
  const began = performance.now();
  const sizes: number[] = [];
  for await (const part of spoken.audio) sizes.push(part.length);
  assert.deepEqual(sizes, [6400, 6400, 6400, 6400, 6400, 3200]);
  assert.ok(performance.now() - began >= 540);
  const moments = [0.05, 0.1, 0.15, 0.5, 0.55, 9].map((seconds) => spoken.sentAt(seconds) - began);
  assert.equal(moments[0], moments[1]);
  assert.ok(moments[2]! > moments[1]! && moments[2]! >= 190, `${moments}`);
  assert.ok(moments[3]! >= 490 && moments[4]! >= 540, `${moments}`);
  assert.equal(moments[5], moments[4]);
});

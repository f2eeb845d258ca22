import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { countEdits, errorRate, textUnits } from '@osum/eval';
import type { EvalReport } from '../eval/report.js';
import { type EmbeddedMesh, shippedPackage, startEmbeddedMesh } from '../mesh/embedded-mesh.js';
import { createOsumCommand } from '../osum-command.js';
import { type FakeRouter, refusedWish, startFakeRouter } from '../testing/fake-router.js';
import { runOsum } from '../testing/run-osum.js';
import { UsageError } from '../usage-error.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-eval-test-'));
});
after(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const writeLines = (name: string, lines: readonly object[]) =>
  writeFile(at(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const jsonLines = async <T>(name: string) =>
  (await readFile(at(name), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

interface ResultLine {
  set: string;
  audio?: string;
  tags?: string;
  instruction?: string;
  reference: { asr?: string; intent?: string };
  hypothesis: { asr?: string; intent?: string };
  audioSeconds?: number;
  error?: string;
}

describe('osum eval on the shipped package and recordings', () => {
  let mesh: EmbeddedMesh;
  before(async () => {
    mesh = await startEmbeddedMesh();
    await cp(fileURLToPath(new URL('../../../../test/recordings', import.meta.url)), at('recordings'), {
      recursive: true,
    });
    await writeLines('shipped.jsonl', [
      {
        audio: 'recordings/hold-fast.ogg',
        text: 'hold on hold fast hold out patience is genius',
        gender: 'male',
      },
      { audio: 'recordings/moses-was-afraid.ogg', text: 'then moses was afraid', end: 1.5, gender: 'male' },
      { audio: 'recordings/a-peaceful-night.ogg', text: 'a peaceful night', start: 4, gender: 'female' },
      {
        audio: 'recordings/something-is-going-to-occur.ogg',
        text: 'something is going to occur he said',
        gender: 'female',
        tags: '<asr><gender>',
        set: 'combined',
      },
      { instruction: 'Please transcribe the audio.', expectedTags: '<asr>', set: 'wishes' },
      { instruction: '说话的人是男是女？', expectedTags: '<gender>', set: 'wishes' },
    ]);
    await writeLines('wishes.jsonl', [
      { text: 'Please transcribe the audio.', tags: ['asr'], lang: 'en' },
      { text: 'Is the speaker a man or a woman?', tags: ['gender'], lang: 'en' },
      { text: '请把语音写下来，并告诉我说话人的性别。', tags: ['asr', 'gender'], lang: 'zh' },
    ]);
  });
  after(() => mesh.drain());

  const evaluate = async (...args: string[]): Promise<EvalReport> => {
    const run = await runOsum(['eval', at('shipped.jsonl'), '--address', mesh.address, '--json', ...args]);
    assert.equal(run.code, 0, run.stderr);
    return JSON.parse(run.stdout) as EvalReport;
  };

  it('asks each task once, scores by set and in total, and keeps every answer', async () => {
    const { sets, total, speed } = await evaluate('--out', at('results.jsonl'));
    assert.deepEqual(Object.keys(sets), ['shipped', 'combined', 'wishes']);
    assert.equal(sets.shipped?.tasks.asr?.utterances, 3);
    assert.equal(sets.shipped?.tasks.gender?.utterances, 3);
    assert.equal(sets.combined?.tasks.asr?.edits?.words.reference, 7);
    assert.equal(total.tasks.intent?.metrics.exactTags?.value, 1);
    assert.equal(total.asked, 3 + 3 + 1 + 2);
    assert.equal(total.failed, 0);
    assert.ok(speed.realTimeFactor !== null && speed.realTimeFactor > 0);

    const results = await jsonLines<ResultLine>('results.jsonl');
    assert.equal(results.length, total.asked);
    const edits = results.flatMap(({ reference, hypothesis }) =>
      reference.asr === undefined
        ? []
        : [countEdits(textUnits(reference.asr), textUnits(hypothesis.asr ?? ''))],
    );
    assert.equal(edits.length, 4);
    assert.equal(errorRate(edits), total.tasks.asr?.metrics.wer?.value);
  });

  it('sends only the part of a recording that a line names', async () => {
    const seconds = (await jsonLines<ResultLine>('results.jsonl')).map(({ audioSeconds }) => audioSeconds);
    const whole = seconds[0]!;
    assert.ok(whole > 4.5 && whole < 5.5, `${whole}`);
    assert.ok(Math.abs(seconds[2]! - 1.5) < 0.01, `${seconds[2]}`);
    assert.ok(seconds[4]! > 0.5 && seconds[4]! < 1.5, `${seconds[4]}`);
  });

  it('asks in words, and tells the difference to tags', async () => {
    const { total, comparison, sets } = await evaluate(
      '--tasks',
      'asr,gender',
      '--natural',
      '--instructions',
      at('wishes.jsonl'),
      '--compare',
      '--out',
      at('natural.jsonl'),
    );
    assert.equal(sets.wishes, undefined);
    assert.equal(total.asked, 7);
    assert.equal(total.tasks.intent?.utterances, 7);
    const results = await jsonLines<ResultLine>('natural.jsonl');
    assert.equal(results.length, 14);
    for (const [index, result] of results.entries()) {
      assert.equal(result.instruction === undefined, index % 2 === 1);
    }
    const { tags, instructions, difference } = comparison!.total.asr!.wer!;
    assert.ok(Math.abs(instructions.value! - tags.value! - difference.value!) < 1e-12);
  });

  it('puts its scores into the model.json of a copy of the package', async () => {
    await cp(join(shippedPackage, 'model.json'), at('model.json'));
    const { sets } = await evaluate('--tasks', 'asr', '--write-scores', folder);
    const { tasks } = JSON.parse(await readFile(at('model.json'), 'utf8')) as {
      tasks: Record<string, { scores: { on: string; value: number; n: number; metric: string }[] }>;
    };
    const score = tasks.asr!.scores.find(({ on }) => on === 'shipped');
    const { value } = sets.shipped!.tasks.asr!.metrics.wer!;
    assert.deepEqual(score, { metric: 'wer', value: Number(value!.toFixed(4)), on: 'shipped', n: 3 });
  });

  it('starts a mesh of its own without an address, and prints tables', async () => {
    const run = await runOsum(['eval', at('shipped.jsonl'), '--tasks', 'gender', '--limit', '1']);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /^osum-nano /);
    assert.match(run.stdout, /^shipped +gender +1 +accuracy \d+\.\d % \[.*\] +macro/m);
    assert.match(run.stdout, /2 questions, 0 without an answer, .* RTF \d/);
  });
});

describe('osum eval against a router', () => {
  let router: FakeRouter;
  before(async () => {
    router = await startFakeRouter();
    await writeFile(at('a.wav'), Buffer.alloc(40_000));
  });
  after(() => router.close());
  const evaluate = (...args: string[]) => runOsum(['eval', '--address', router.address, ...args]);

  it('says each failure, counts it as an error, writes no score then, and exits with 1', async () => {
    await writeLines('failing.jsonl', [
      { audio: 'a.wav', text: '40000 bytes' },
      { audio: 'a.wav', chat: { intent: 'hello' }, tags: refusedWish },
    ]);
    const shipped = JSON.parse(await readFile(join(shippedPackage, 'model.json'), 'utf8')) as object;
    const description = JSON.stringify({ ...shipped, name: 'fake', version: '1' });
    await mkdir(at('fake'));
    await writeFile(at('fake/model.json'), description);
    const run = await evaluate(at('failing.jsonl'), '--json', '--write-scores', at('fake'));
    assert.equal(run.code, 1);
    assert.match(run.stderr, /scores are not written to .*fake: 1 questions have no answer/);
    assert.equal(await readFile(at('fake/model.json'), 'utf8'), description);
    assert.match(run.stderr, /failing\.jsonl:2: a\.wav: The package can do <asr>\./);
    const { total } = JSON.parse(run.stdout) as EvalReport;
    assert.equal(total.tasks.asr?.metrics.wer?.value, 0);
    assert.deepEqual([total.tasks.chat?.failed, total.tasks.chat?.metrics.rubric?.value], [1, 0]);
  });

  it('goes on after an interrupt, and asks nothing twice', async () => {
    const slow = await startFakeRouter({ delayMs: 30 });
    const lines = Array.from({ length: 40 }, () => ({ audio: 'a.wav', text: '40000 bytes' }));
    await writeLines('many.jsonl', lines);
    const args = ['eval', at('many.jsonl'), '--address', slow.address, '--concurrency', '2', '--json'];
    const kept = ['--out', at('many-results.jsonl')];
    const first = await runOsum([...args, ...kept], () => slow.asked() >= 8);
    assert.equal(first.code, 1);
    assert.equal(first.stdout, '');
    const done = (await jsonLines('many-results.jsonl')).length;
    assert.ok(done > 0 && done < lines.length, `${done} answers before the interrupt`);
    const askedBefore = slow.asked();
    const second = await runOsum([...args, ...kept]);
    assert.equal(second.code, 0, second.stderr);
    assert.equal(slow.asked() - askedBefore, lines.length - done);
    const { total } = JSON.parse(second.stdout) as EvalReport;
    assert.deepEqual([total.asked, total.tasks.asr?.metrics.wer?.value], [lines.length, 0]);
    await slow.close();
  });

  it('draws the same lines of a set for the same seed', async () => {
    await writeLines(
      'drawn.jsonl',
      Array.from({ length: 30 }, (_, id) => ({ instruction: `${id}`, expectedTags: '<asr>' })),
    );
    const drawn = async (name: string, ...args: string[]) => {
      const run = await evaluate(at('drawn.jsonl'), '--out', at(name), ...args);
      assert.equal(run.code, 0, run.stderr);
      return (await jsonLines<ResultLine>(name)).map(({ instruction }) => instruction);
    };
    const five = await drawn('five.jsonl', '--limit', '5');
    assert.equal(five.length, 5);
    const eight = await drawn('eight.jsonl', '--limit', '8');
    assert.deepEqual(
      eight.filter((id) => five.includes(id)),
      five,
    );
    assert.notDeepEqual(await drawn('other.jsonl', '--limit', '5', '--seed', '1'), five);
  });

  it('exits with 2 and a sentence for what cannot be scored', async () => {
    await writeFile(at('broken.jsonl'), '{"audio": "a.wav", "text": "x"}\n{"audio": \n');
    await writeLines('away.jsonl', [
      { audio: 'a.wav', text: 'x' },
      { audio: 'away.ogg', text: 'x' },
    ]);
    await writeLines('robot.jsonl', [{ audio: 'a.wav', gender: 'robot' }]);
    await writeLines('old.jsonl', [{ audio: 'a.wav', age: 'OLD' }]);
    await writeLines('sad.jsonl', [{ audio: 'a.wav', emotion: 'sad' }]);
    await writeLines('plain.jsonl', [{ audio: 'a.wav', text: 'x' }]);
    await writeLines('foreign.jsonl', [{ audio: 'b.wav' }]);
    const wrong: [string[], RegExp][] = [
      [[at('none.jsonl')], /cannot read the manifest .*none\.jsonl/],
      [[at('broken.jsonl')], /broken\.jsonl:2 is no JSON/],
      [[at('away.jsonl')], /away\.jsonl:2: cannot read the recording .*away\.ogg; paths are relative/],
      [[at('robot.jsonl')], /robot\.jsonl:1: gender: "robot" is no label: expected MALE, FEMALE/],
      [[at('old.jsonl')], /old\.jsonl:1: fake was not trained on age OLD .*--include-untrained/],
      [[at('sad.jsonl')], /nothing to score: .* that fake supports/],
      [[at('sad.jsonl'), '--tasks', 'emotion'], /--tasks emotion: fake cannot do that, but asr, gender, age/],
      [[at('plain.jsonl'), '--natural'], /--natural needs --instructions/],
      [[at('plain.jsonl'), '--instructions', 'x'], /--instructions goes with --natural/],
      [[at('plain.jsonl'), '--compare'], /--compare asks by tags/],
      [
        [at('plain.jsonl'), '--natural', '--instructions', at('drawn.jsonl'), '--write-scores', 'x'],
        /by tags/,
      ],
      [[at('plain.jsonl'), '--write-scores', at('none')], /expected the folder of a model package/],
      [[at('plain.jsonl'), '--out', at('foreign.jsonl')], /foreign\.jsonl:1 is not the answer to line 1/],
    ];
    for (const [args, sentence] of wrong) {
      const parsed = createOsumCommand().parseAsync([
        'node',
        'osum',
        'eval',
        '--address',
        router.address,
        ...args,
      ]);
      await assert.rejects(parsed, (error) => error instanceof UsageError && sentence.test(error.message));
    }
    const run = await evaluate(at('robot.jsonl'));
    assert.equal(run.code, 2);
    assert.match(run.stderr, /^osum: .*robot\.jsonl:1: gender: .*\n$/);
    const unknown = await evaluate(at('plain.jsonl'), '--tasks', 'asr,smell');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /there is no task smell: expected some of asr/);
  });
});

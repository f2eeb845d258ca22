import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type FakeRouter, refusedWish, startFakeRouter } from './testing/fake-router.js';
import { runOsum } from './testing/run-osum.js';

describe('osum against a router', () => {
  let router: FakeRouter;
  let folder: string;
  const at = (name: string) => join(folder, name);
  const jsonLines = async (path: string) =>
    (await readFile(path, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  before(async () => {
    router = await startFakeRouter();
    folder = await mkdtemp(join(tmpdir(), 'osum-cli-'));
    await writeFile(at('a.wav'), Buffer.alloc(40_000));
    await writeFile(at('b.wav'), Buffer.alloc(3));
  });
  after(async () => {
    await router.close();
    await rm(folder, { recursive: true });
  });

  it('prints answers for people, and one JSON object a recording with --json', async () => {
    const people = await runOsum(['understand', '--address', router.address, '--tags', '<asr>', at('a.wav')]);
    assert.equal(people.code, 0, people.stderr);
    assert.match(people.stdout, /transcript +40000 bytes \(50 %\)/);
    const json = await runOsum([
      'understand',
      '--address',
      router.address,
      '--tags',
      '<asr>',
      '--json',
      at('b.wav'),
    ]);
    assert.deepEqual(JSON.parse(json.stdout), {
      audio: at('b.wav'),
      result: { warnings: [], tags: '<asr>', transcript: { text: '3 bytes', confidence: 0.5 } },
    });
  });

  it('names a recording that failed, answers the others, and exits with 1', async () => {
    const run = await runOsum(['understand', '--address', router.address, at('missing.wav'), at('b.wav')]);
    assert.equal(run.code, 1);
    assert.match(run.stderr, /missing\.wav: .*ENOENT/);
    assert.match(run.stdout, /3 bytes/);
    const refused = await runOsum([
      'understand',
      '--address',
      router.address,
      '--tags',
      refusedWish,
      at('b.wav'),
    ]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /b\.wav: The package can do <asr>\./);
  });

  it('exits with 2 and a sentence when it is used wrongly', async () => {
    const usages: [string[], RegExp][] = [
      [['understand'], /name a recording, or a --manifest/],
      [['understand', '--instruction', 'x', '--tags', '<asr>', 'a.wav'], /either --instruction or --tags/],
      [
        ['understand', '--manifest', at('none.jsonl'), '--out', at('o')],
        /cannot read the manifest .*none\.jsonl/,
      ],
      [['understand', '--concurrency', '0', 'a.wav'], /whole number of at least 1/],
      [['interpret'], /give an instruction/],
      [['serve', 'oven'], /there is no service oven/],
      [['serve', 'encoder', '--package', ''], /osum serve encoder/],
      [['up', '--exit'], /--exit goes with --demo/],
      [['fly'], /unknown command 'fly'/],
    ];
    for (const [args, sentence] of usages) {
      const run = await runOsum(args);
      assert.equal(run.code, 2, `${args.join(' ')}: ${run.stderr}`);
      assert.match(run.stderr, sentence);
    }
  });

  it('answers a manifest in its order, keeps other fields, and puts failures beside answers', async () => {
    const entries = [
      { audio: 'a.wav', tags: '<asr>', id: 1 },
      { audio: 'missing.wav', tags: '<asr>', id: 2 },
      { audio: 'b.wav', instruction: 'write it down', id: 3 },
    ];
    await writeFile(at('in.jsonl'), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    const run = await runOsum([
      'understand',
      '--address',
      router.address,
      '--manifest',
      at('in.jsonl'),
      '--out',
      at('out.jsonl'),
    ]);
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stderr, /3 answers in .*out\.jsonl, 1 of them failures/);
    const lines = await jsonLines(at('out.jsonl'));
    assert.deepEqual(
      lines.map(({ id, audio }) => [id, audio]),
      entries.map(({ id, audio }) => [id, audio]),
    );
    assert.deepEqual(lines[0]?.result, {
      warnings: [],
      tags: '<asr>',
      transcript: { text: '40000 bytes', confidence: 0.5 },
    });
    assert.match(String(lines[1]?.error), /ENOENT/);
  });

  it('goes on after an interrupt, asks nothing that was answered twice, and writes a line that was cut in half again', async () => {
    const slow = await startFakeRouter({ delayMs: 30 });
    const count = 60;
    const entries = Array.from({ length: count }, (_, id) => ({ audio: 'b.wav', tags: '<asr>', id }));
    await writeFile(at('many.jsonl'), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    const args = [
      'understand',
      '--address',
      slow.address,
      '--manifest',
      at('many.jsonl'),
      '--out',
      at('many-out.jsonl'),
      '--concurrency',
      '2',
    ];
    const first = await runOsum(args, () => slow.asked() >= 10);
    assert.equal(first.code, 1);
    const kept = (await jsonLines(at('many-out.jsonl'))).length;
    assert.ok(kept > 0 && kept < count, `${kept} answers before the interrupt`);
    const askedBefore = slow.asked();
    await writeFile(at('many-out.jsonl'), '{"audio": "b.wav", "ta', { flag: 'a' });

    const second = await runOsum(args);
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, new RegExp(`going on after ${kept} answers`));
    const lines = await jsonLines(at('many-out.jsonl'));
    assert.deepEqual(
      lines.map(({ id }) => id),
      entries.map(({ id }) => id),
    );
    assert.equal(slow.asked() - askedBefore, count - kept);
    await slow.close();
  });

  it('refuses to go on with the answers to another manifest', async () => {
    await writeFile(at('one.jsonl'), '{"audio": "a.wav", "tags": "<asr>"}\n');
    await writeFile(at('other.jsonl'), '{"audio": "z.wav", "tags": "<asr>", "result": {}}\n');
    const run = await runOsum([
      'understand',
      '--address',
      router.address,
      '--manifest',
      at('one.jsonl'),
      '--out',
      at('other.jsonl'),
    ]);
    assert.equal(run.code, 2);
    assert.match(run.stderr, /other\.jsonl:1 is not the answer to line 1 of the manifest/);
  });

  it('names the line of a manifest that is wrong', async () => {
    await writeFile(at('bad.jsonl'), '{"audio": "a.wav", "tags": "<asr>"}\n{"audio": "a.wav"}\n');
    const run = await runOsum([
      'understand',
      '--address',
      router.address,
      '--manifest',
      at('bad.jsonl'),
      '--out',
      at('x.jsonl'),
    ]);
    assert.equal(run.code, 2);
    assert.match(run.stderr, /bad\.jsonl:2: .*either `instruction` or `tags`/s);
  });

  it('interprets instructions, single and as a manifest', async () => {
    const single = await runOsum(['interpret', '--address', router.address, '--json', 'write it down']);
    assert.deepEqual(JSON.parse(single.stdout), {
      instruction: 'write it down',
      tags: '<asr>',
      score: 0.13,
      passes: [],
    });
    await writeFile(at('wishes.jsonl'), '{"instruction": "write", "n": 7}\n{"instruction": ""}\n');
    const batch = await runOsum([
      'interpret',
      '--address',
      router.address,
      '--manifest',
      at('wishes.jsonl'),
      '--out',
      at('plans.jsonl'),
    ]);
    assert.equal(batch.code, 1);
    const [plan, refused] = await jsonLines(at('plans.jsonl'));
    assert.deepEqual(plan, { instruction: 'write', n: 7, tags: '<asr>', score: 0.05 });
    assert.match(String(refused?.error), /expected some words/);
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { createOsumClient } from '@osum/client';
import { osumMain, packageFolder } from './shipped.js';

/** Starts the command without colours; `said` resolves when its output fits, `ended` with its exit code. */
function startOsum(args: readonly string[]) {
  const child = spawn(process.execPath, [osumMain, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    ended,
    output: () => output,
    interrupt: () => child.kill('SIGINT'),
    async said(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const found = pattern.exec(output);
        if (found !== null) return found;
        const over = await Promise.race([
          ended.then(() => true),
          once(child.stdout, 'data').then(() => false),
        ]);
        if (over && !pattern.test(output)) assert.fail(`osum ended without ${pattern}:\n${output}`);
      }
    },
  };
}

const upOnAnyPort = ['up', '--listen', '127.0.0.1:0', '--package', packageFolder, '--demo'];

/** Of each question: the instruction, the recording, and the lines of its answer. */
function answersIn(output: string) {
  return [...output.matchAll(/^“(.+)” +(\S+\.ogg)\n((?: {2}.+\n)+)/gm)].map(
    ([, instruction, recording, answer]) => ({
      instruction: instruction!,
      recording: recording!,
      answer: answer!,
    }),
  );
}

describe('what npm start runs', () => {
  it('asks three instructions, one of them Chinese, of two recordings, and ends with --exit', async () => {
    const run = startOsum([...upOnAnyPort, '--exit']);
    assert.equal(await run.ended, 0, run.output());
    const answers = answersIn(run.output());
    assert.ok(new Set(answers.map(({ instruction }) => instruction)).size >= 3, run.output());
    assert.ok(new Set(answers.map(({ recording }) => recording)).size >= 2);
    assert.ok(answers.some(({ instruction }) => /\p{Script=Han}/u.test(instruction)));
    for (const { answer } of answers) {
      assert.match(answer, /^ {2}plan +(<\w+>)+ +\d+ % certain$/m);
      assert.match(answer, /^ {2}(transcript|gender|age) +\S/m);
      for (const stage of ['features', 'encoder', 'adapter', 'decoder']) {
        assert.match(answer, new RegExp(`${stage} [\\d.]+\\+[\\d.]+\\+[\\d.]+ `));
      }
    }
  });

  it('keeps serving until Ctrl-C, then drains and ends', async () => {
    const run = startOsum(upOnAnyPort);
    const [, address] = await run.said(/mesh ready at (\S+)/);
    await run.said(/serving until Ctrl-C/);
    const client = createOsumClient({ address: address! });
    const plan = await client.interpret('Please transcribe the audio.');
    assert.match(plan.tags, /<asr>/);
    client.close();
    run.interrupt();
    assert.equal(await run.ended, 0, run.output());
  });
});

describe('osum doctor', () => {
  it('says which device is taken, and why', async () => {
    const run = startOsum(['doctor']);
    assert.equal(await run.ended, 0, run.output());
    assert.match(run.output(), /^device +(CPU, emulating|NPU) \S+$/m);
    assert.match(run.output(), /^library +\S+\.so/m);
    assert.match(run.output(), /^· .{20}/m);
  });

  it('tells the same to programs', async () => {
    const run = startOsum(['doctor', '--json']);
    assert.equal(await run.ended, 0, run.output());
    const report = JSON.parse(run.output()) as { backend: { kind: string }; why: string[] };
    assert.ok(['host', 'npu'].includes(report.backend.kind));
    assert.ok(report.why.length > 0);
  });
});

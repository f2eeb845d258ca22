import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { shippedPackage } from '../mesh/embedded-mesh.js';
import { runOsum } from '../testing/run-osum.js';
import type { PlanReport } from './plan-report.js';

const plan = (...args: string[]) => runOsum(['doctor', '--plan', ...args]);

async function reports(...args: string[]): Promise<PlanReport[]> {
  const run = await plan(...args, '--json');
  assert.equal(run.code, 0, run.stderr);
  return JSON.parse(run.stdout) as PlanReport[];
}

test('the table in the documentation is what the command that stands above it prints', async () => {
  const readme = await readFile(new URL('../../../nn/README.md', import.meta.url), 'utf8');
  const command = /^npx osum (doctor --plan .*)$/m.exec(readme)?.[1];
  assert.ok(command, 'the command stands in packages/nn/README.md');
  const run = await runOsum(command.split(' '));
  assert.equal(run.code, 0, run.stderr);
  assert.ok(readme.includes(run.stdout), `packages/nn/README.md should contain\n\n${run.stdout}`);
});

test('one device is planned stage by stage, and told how to start its decoder', async () => {
  const run = await plan('osum-pangu', '--device', '910B4');
  assert.equal(run.code, 0, run.stderr);
  const [report] = await reports('osum-pangu', '--device', 'ascend910b4');
  const [bf16, int8] = report!.decoder;
  assert.match(
    run.stdout,
    /^osum-pangu on Ascend910B4: 32\.0 GiB, 10 % .*assumed.*800 GB\/s\n\(.*an assumption/,
  );
  assert.match(run.stdout, /\| decoder: weights +\| +15\.0 GiB \| +8\.1 GiB \|/);
  assert.match(run.stdout, /\| decoder: a KV block +\| +17\.0 MiB \| +17\.0 MiB \|/);
  const row = new RegExp(
    `decoder alone: sessions in one batch +\\| +${bf16!.sessions} \\| +${int8!.sessions} \\|`,
  );
  assert.match(run.stdout, row);
  const flags = `--max-sequences ${bf16!.sessions} --kv-blocks ${bf16!.kvBlocks} --step-rows 256`;
  assert.ok(run.stdout.includes(`decoder alone, bf16: osum serve decoder ${flags}\n`), run.stdout);
});

test('memory, bandwidth, what is kept free and what sessions are like can be given', async () => {
  const [usual] = await reports('osum-pangu', '--device', '910B4');
  const [given] = await reports(
    ...['osum-pangu', '--device', '910B4', '--memory', '48', '--bandwidth', '1000', '--reserve', '20'],
    ...['--seconds', '30', '--prompt-positions', '200', '--batch-seconds', '30', '--step-rows', '512'],
  );
  assert.equal(usual!.device.memoryBytes, 32 * 2 ** 30);
  assert.equal(usual!.device.reserveBytes, 3.2 * 2 ** 30);
  assert.equal(given!.device.memoryBytes, 48 * 2 ** 30);
  assert.ok(Math.abs(given!.device.reserveBytes - 9.6 * 2 ** 30) < 1);
  assert.equal(given!.device.bytesPerSecond, 1e12);
  assert.match(given!.device.source, /memory and bandwidth as given$/);
  assert.equal(given!.mesh[0]!.positionsPerSession, 200 + 377 + 400);
});

test('a 310P is planned for, and said not to run this build; without known memory it must be given', async () => {
  const run = await plan('osum-pangu', '--device', '310P3');
  assert.match(run.stdout, /Ascend310P3 does not run this build: it has neither bf16 nor/);
  assert.doesNotMatch(run.stdout, /osum serve decoder/);
  const unknown = await plan('osum-pangu', '--device', '310P5');
  assert.equal(unknown.code, 2);
  assert.match(
    unknown.stderr,
    /^osum: the memory of 310P5 is not published; give it with --memory \(GiB\)\n$/,
  );
  assert.equal((await plan('osum-pangu', '--device', '310P5', '--memory', '24')).code, 0);
});

test('a model.json suffices: the weights of a package need not be there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'osum-plan-'));
  try {
    await writeFile(join(folder, 'model.json'), await readFile(join(shippedPackage, 'model.json')));
    const here = await reports(folder);
    assert.match(here[0]!.device.name, /host device 0|NPU 0/);
    assert.ok(here[0]!.decoder[0]!.sessions > 0);
    assert.deepEqual(await reports(join(folder, 'model.json')), here);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what cannot be planned is said in a sentence', async () => {
  const usages: [string[], number, RegExp][] = [
    [
      ['nowhere'],
      2,
      /^osum: cannot read nowhere: --plan takes a package folder, a model\.json, or osum-pangu/,
    ],
    [['osum-pangu', '--device', '910X'], 2, /^osum: no part 910X is known; known are 910B1, 910B2/],
    [['osum-pangu', '--device', '910B4', '--reserve', '100'], 2, /expected a percentage from 0 to below 100/],
    [['osum-pangu', '--device', '910B4', '--memory', '-1'], 2, /expected a number above 0/],
    [['osum-pangu', '--device', '910B4', '--seconds', '60'], 1, /^osum: utterances of 60 s exceed .* 40 s/],
    [[new URL('plan.test.js', import.meta.url).pathname], 1, /plan\.test\.js is not JSON/],
  ];
  for (const [args, code, sentence] of usages) {
    const run = await plan(...args);
    assert.equal(run.code, code, `${args.join(' ')}: ${run.stderr}`);
    assert.match(run.stderr, sentence);
  }
  const without = await runOsum(['doctor', '--device', '910B4']);
  assert.equal(without.code, 2);
  assert.equal(without.stderr, 'osum: --device goes with --plan: which model?\n');
});

test('what does not fit says how much is missing', async () => {
  const run = await plan('osum-pangu', '--device', '910B4', '--memory', '12');
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /sessions in one batch +\| none, \d+\.\d GiB short \| +\d+ \|/);
});

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { loadConfig } from './load-config.js';

const schema = z.object({
  listen: z.string().default('127.0.0.1:0').describe('Address to listen on, host:port.'),
  maxQueueSeconds: z.number().positive().default(600).describe('Seconds of audio that may wait.'),
  encoders: z.array(z.string()).default([]).describe('Addresses of encoders.'),
  reflection: z.boolean().default(true).describe('Whether to serve reflection.'),
  policy: z
    .enum(['leastOutstanding', 'roundRobin'])
    .default('leastOutstanding')
    .describe('How instances are chosen.'),
  model: z.string().describe('Folder of the model package.'),
});

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-config-'));
});
after(() => rm(folder, { recursive: true }));

function load(argv: string[], env: Record<string, string> = {}) {
  return loadConfig({ command: 'osum serve encoder', about: 'Serves the encoder.', schema, argv, env });
}

async function config(argv: string[], env: Record<string, string> = {}) {
  const outcome = await load(argv, env);
  assert.ok(outcome.type === 'config', JSON.stringify(outcome));
  return outcome.config;
}

async function error(argv: string[], env: Record<string, string> = {}) {
  const outcome = await load(argv, env);
  assert.ok(outcome.type === 'error', JSON.stringify(outcome));
  return outcome.text;
}

test('defaults fill what is not given', async () => {
  assert.deepEqual(await config(['--model', 'm']), {
    listen: '127.0.0.1:0',
    maxQueueSeconds: 600,
    encoders: [],
    reflection: true,
    policy: 'leastOutstanding',
    model: 'm',
  });
});

test('flags win over the environment, the environment over the file, the file over defaults', async () => {
  const path = join(folder, 'config.yaml');
  await writeFile(
    path,
    'maxQueueSeconds: 1\nlisten: file:1\nmodel: file\nreflection: false\nencoders: [a, b]\n',
  );
  const env = { OSUM_MAX_QUEUE_SECONDS: '2', OSUM_MODEL: 'env', OSUM_CONFIG: path };
  const loaded = await config(['--max-queue-seconds=3'], env);
  assert.deepEqual(loaded, {
    listen: 'file:1',
    maxQueueSeconds: 3,
    encoders: ['a', 'b'],
    reflection: false,
    policy: 'leastOutstanding',
    model: 'env',
  });
});

test('JSON works as a file, and --config wins over OSUM_CONFIG', async () => {
  const path = join(folder, 'config.json');
  await writeFile(path, '{"model": "json", "maxQueueSeconds": 5}');
  assert.equal((await config(['--config', path], { OSUM_CONFIG: '/nowhere' })).model, 'json');
});

test('lists are split at commas, truth values may be negated', async () => {
  const argv = ['--model', 'm', '--encoders', 'a:1, b:2', '--no-reflection', '--policy', 'roundRobin'];
  const loaded = await config(argv);
  assert.deepEqual(loaded.encoders, ['a:1', 'b:2']);
  assert.equal(loaded.reflection, false);
  assert.equal(loaded.policy, 'roundRobin');
  assert.equal((await config(['--model', 'm', '--reflection=false'])).reflection, false);
  assert.equal(
    (await config(['--model', 'm'], { OSUM_REFLECTION: 'false', OSUM_ENCODERS: 'x' })).reflection,
    false,
  );
});

test('what is wrong is said by flag name', async () => {
  assert.match(await error([]), /osum serve encoder: --model is required\nSee osum serve encoder --help\./);
  assert.match(await error(['--model', 'm', '--max-queue-seconds', 'many']), /--max-queue-seconds: .*number/);
  assert.match(await error(['--model', 'm', '--max-queue-seconds', '-1']), /--max-queue-seconds/);
  assert.match(await error(['--model', 'm', '--colour', 'red']), /--colour/);
  assert.match(await error(['--model', 'm'], { OSUM_POLICY: 'random' }), /--policy: .*roundRobin/);
});

test('a file that is missing, broken, of the wrong kind or with unknown keys is an error', async () => {
  assert.match(
    await error(['--config', join(folder, 'missing.yaml')]),
    /cannot read the configuration .*missing\.yaml/,
  );
  for (const [text, says] of [
    ['{"model": ', /neither JSON nor YAML/],
    ['[1]', /must hold keys and values, not a list/],
    ['model: m\ncolour: red', /unknown `colour`/],
  ] as const) {
    const path = join(folder, 'broken.yaml');
    await writeFile(path, text);
    assert.match(await error(['--config', path]), says);
  }
});

test('the help names every option with its variable, default and choices', async () => {
  const outcome = await load(['--help']);
  assert.ok(outcome.type === 'help');
  assert.match(outcome.text, /Usage: osum serve encoder \[options\]/);
  assert.match(
    outcome.text,
    /--max-queue-seconds N\n {6}Seconds of audio that may wait\.\n {6}Default: 600\. Environment: OSUM_MAX_QUEUE_SECONDS\./,
  );
  assert.match(outcome.text, /--policy leastOutstanding\|roundRobin/);
  assert.match(
    outcome.text,
    /--model TEXT\n {6}Folder of the model package\.\n {6}Required\. Environment: OSUM_MODEL\./,
  );
});

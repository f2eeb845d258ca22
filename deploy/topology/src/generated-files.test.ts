import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateConfigSchema, generatedFiles } from './generated-files.js';
import { envoyBinary } from './local/envoy-process.js';

const config = generateConfigSchema.parse({});
const dclint = join(dirname(createRequire(import.meta.url).resolve('dclint/package.json')), 'bin/dclint.cjs');

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-deploy-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function committed(name: string): Promise<string> {
  return readFile(join(config.folder, name), 'utf8');
}

/** Envoy's verdict on a configuration: its exit code and what it says. */
async function validate(text: string): Promise<{ status: number | null; said: string }> {
  const file = join(folder, 'envoy.yaml');
  await writeFile(file, text);
  const flags = ['--mode', 'validate', '--disable-hot-restart', '--log-level', 'warn', '--config-path', file];
  const { status, stdout, stderr } = spawnSync(envoyBinary(), flags, { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

test('the committed files are those that the source generates (osum-deploy generate writes them)', async () => {
  for (const { path, text } of generatedFiles(config)) {
    assert.equal(await readFile(path, 'utf8'), text, `${path} is stale: run osum-deploy generate`);
  }
});

test('Envoy takes the configuration, without a warning', async () => {
  const { status, said } = await validate(await committed('envoy.yaml'));
  assert.equal(status, 0, said);
  assert.doesNotMatch(said, /warning|deprecated/i);
});

test('Envoy refuses a misspelt field, so its word counts', async () => {
  const misspelt = (await committed('envoy.yaml')).replace('stream_idle_timeout', 'stream_idle_timout');
  const { status, said } = await validate(misspelt);
  assert.equal(status, 1);
  assert.match(said, /stream_idle_timout/);
});

test('the compose file obeys the Compose Specification', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [dclint, '--quiet', join(config.folder, 'compose.yaml')],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stdout);
});

test('more instances are one option, in both files', () => {
  const [envoy, compose] = generatedFiles({ ...config, instances: 3 });
  assert.match(envoy!.text, /address: encoder-3\n/);
  assert.match(compose!.text, /--forward-addresses\n +- decoder-1:7004,decoder-2:7004,decoder-3:7004\n/);
});

test('an image of Envoy that is named by tag alone has a comment that tells how to pin it', () => {
  const composeOf = (envoyImage: string) => generatedFiles({ ...config, envoyImage })[1]!.text;
  const hint = /# .*its digest, and\n +# osum-deploy generate --envoy-image .*\n +image: envoy/;
  assert.match(composeOf('envoy:v1'), hint);
  const pinned = `envoy:v1@sha256:${'0'.repeat(64)}`;
  assert.doesNotMatch(composeOf(pinned), /imagetools/);
  assert.ok(composeOf(pinned).includes(`image: ${pinned}\n`));
});

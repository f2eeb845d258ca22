import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type Example, type Language, languages } from './languages.js';
import { type LiveMesh, repository, startLiveMesh } from './live-mesh.js';
import { run } from './program.js';
import { recordedPcm } from './recorded-pcm.js';
import { type ScriptedMeshes, startScriptedMeshes } from './scripted-meshes.js';

const recording = join(repository, 'test/recordings/hold-fast.ogg');
const instruction = 'Write down what is said, and tell me whether a man or a woman speaks.';

/** What each example prints. */
const shapes: Record<Example, RegExp> = {
  file: /^<asr><gender>\n(\d+\.\d{3} \d+\.\d{3} \w.*\ngender MALE\n)+$/,
  live: /^(\d+\.\d{3} \d+\.\d{3} \w.*\n)+$/,
  stages: /^((features|hidden|speech) \[\d+, \d+\] sum of squares \d\.\d{6}e\+\d\d\n){3}$/,
};

let mesh: LiveMesh;
let scripted: ScriptedMeshes;
let pcm: Uint8Array;

before(async () => {
  [mesh, scripted, pcm] = await Promise.all([startLiveMesh(), startScriptedMeshes(), recordedPcm(recording)]);
});
after(async () => {
  await scripted.stop();
  await mesh.stop();
});

/** What each example printed first: by the client in TypeScript. */
const expected = new Map<Example, string>();

/** Skips the test where a program is missing, and says so; where CI is set, the test fails instead. */
function toolchainOrSkip(context: TestContext, { toolchain }: Language): boolean {
  const missing = toolchain.find(({ program }) => spawnSync('which', [program]).status !== 0);
  if (missing === undefined) return true;
  const reason = `${missing.program} was not found: ${missing.install}`;
  assert.ok(!process.env.CI, reason);
  context.skip(reason);
  return false;
}

function exampleArguments(name: Example): string[] {
  const { router, features, encoder, adapter } = mesh.services;
  if (name === 'file') return [router, recording, instruction];
  return name === 'live' ? [router] : [features, encoder, adapter];
}

for (const language of languages) {
  describe(`the client in ${language.name}`, () => {
    it('is built, and passes its own checks and tests', async (context) => {
      if (!toolchainOrSkip(context, language)) return;
      for (const command of language.build) await run(command);
      for (const command of language.lint) assert.equal(await run(command), '', command.program);
      for (const command of language.test) {
        await run({ ...command, env: { ...command.env, ...scripted.env } });
      }
    });

    for (const name of ['file', 'live', 'stages'] as const) {
      it(`answers its example "${name}" as every other client does`, async (context) => {
        if (!toolchainOrSkip(context, language)) return;
        const output = await run(language.example(name, exampleArguments(name)), pcm);
        assert.match(output, shapes[name]);
        assert.equal(output, expected.get(name) ?? output);
        expected.set(name, output);
      });
    }
  });
}

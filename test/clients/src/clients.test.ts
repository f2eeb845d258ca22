import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { describeDocument } from './documents/describe-document.js';
import { type Example, isWanted, languages } from './languages.js';
import { type LiveMesh, repository, startLiveMesh } from './live-mesh.js';
import { run } from './program.js';
import { recordedPcm } from './recorded-pcm.js';
import { type ScriptedMeshes, startScriptedMeshes } from './scripted-meshes.js';
import { toolchainOrSkip } from './toolchain.js';

const recording = join(repository, 'test/recordings/hold-fast.ogg');
/** Documents whose examples must run; after the clients, which they need. */
const documents = [
  'README.md',
  'UPGRADING.md',
  'deploy/README.md',
  'deploy/SECURITY.md',
  'deploy/images/README.md',
  'helm/osum-mesh/README.md',
  'packages/certificates/README.md',
  'packages/cli/README.md',
  'packages/client/README.md',
  'packages/convert/README.md',
  'packages/device/README.md',
  'packages/nn/README.md',
  'packages/stage/README.md',
  'clients/python/README.md',
  'clients/go/README.md',
  'clients/java/README.md',
];

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

function exampleArguments(name: Example): string[] {
  const { router, features, encoder, adapter } = mesh.services;
  if (name === 'file') return [router, recording, instruction];
  return name === 'live' ? [router] : [features, encoder, adapter];
}

for (const language of languages.filter(isWanted)) {
  describe(`the client in ${language.name}`, () => {
    const { build, lint, test } = language;
    if ([...build, ...lint, ...test].length > 0) {
      it('is built, and passes its own checks and tests', async (context) => {
        if (!toolchainOrSkip(context, language)) return;
        for (const command of build) await run(command);
        for (const command of lint) assert.equal(await run(command), '', command.program);
        for (const command of test) {
          await run({ ...command, env: { ...command.env, ...scripted.env } });
        }
      });
    }

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

for (const path of documents) describeDocument(path, () => mesh);

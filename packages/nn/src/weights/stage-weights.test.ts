import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hostDevice } from '../golden/host-device.js';
import { ModalityAdapter } from '../modality-adapter.js';
import type { Manifest } from '../package/manifest.js';
import { openPackage } from '../package/model-package.js';
import { PackageError, type PackageFault } from '../package/package-error.js';
import { PanguDecoder } from '../pangu-decoder.js';
import { writeSyntheticPackage } from '../testing/synthetic-package.js';
import { WhisperEncoder } from '../whisper-encoder.js';

let directory: string;
let manifest: Manifest;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'osum-weights-'));
  manifest = await writeSyntheticPackage(directory, { weights: 'int8' });
});

after(() => rm(directory, { recursive: true }));

/** Loads a stage after `edit` has changed what model.json says, and expects a refusal. */
async function refuses(
  stage: typeof WhisperEncoder | typeof ModalityAdapter | typeof PanguDecoder,
  edit: (manifest: Manifest) => void,
  fault: PackageFault,
  message: RegExp,
): Promise<void> {
  const edited = structuredClone(manifest);
  edit(edited);
  await writeFile(join(directory, 'model.json'), JSON.stringify(edited));
  const opened = await openPackage(directory);
  await assert.rejects(stage.load(await hostDevice(), opened), (error: unknown) => {
    assert.ok(error instanceof PackageError, String(error));
    assert.equal(error.fault, fault);
    assert.match(error.message, message);
    return true;
  });
}

test('a stage that lacks a tensor is refused by the tensor’s name', async () => {
  const more = (m: Manifest): void => {
    m.encoder.layers = 3;
  };
  await refuses(
    WhisperEncoder,
    more,
    'tensor-missing',
    /encoder.safetensors has no tensor encoder.encoders.2.self_attn.linear_q.weight/,
  );
});

test('a tensor of another shape is refused with both shapes', async () => {
  const wider = (m: Manifest): void => {
    m.adapter.ffn = 128;
  };
  await refuses(
    ModalityAdapter,
    wider,
    'tensor-shape',
    /w_1.weight has the shape \[96,64\].*call for \[128,64\]/,
  );
});

test('a tensor of another type is refused with both types', async () => {
  const plain = (m: Manifest): void => {
    m.weights = 'bf16';
  };
  await refuses(PanguDecoder, plain, 'tensor-dtype', /q_proj.weight is stored as i8, but .* calls for bf16/);
});

test('a changed weight is refused when its stage loads, and not before', async () => {
  const path = join(directory, manifest.files.encoder.path);
  const whole = await readFile(path);
  const changed = Buffer.from(whole);
  changed[changed.length - 1]! ^= 1;
  await writeFile(path, changed);
  await refuses(WhisperEncoder, () => {}, 'checksum', /damaged or exchanged/);
  await writeFile(path, whole);
});

test('loading and disposing leaves nothing on the device', async () => {
  await writeFile(join(directory, 'model.json'), JSON.stringify(manifest));
  const device = await hostDevice();
  const opened = await openPackage(directory);
  await device.causalMask(); // kept by the device itself
  const before = device.addon.liveObjects();
  for (const stage of [WhisperEncoder, ModalityAdapter, PanguDecoder]) {
    const model = await stage.load(device, opened);
    assert.ok(device.addon.liveObjects().buffers > before.buffers);
    await model[Symbol.asyncDispose]();
  }
  assert.deepEqual(device.addon.liveObjects(), before);
});

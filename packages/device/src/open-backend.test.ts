import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { searchCann } from './cann-search.js';
import { adviceFor } from './doctor.js';
import { hostLibraries } from './open-backend.js';
import { installStandIn, installStubs } from './testing/stand-in-cann.js';
import { tryInChildProcess } from './trial.js';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'osum-cann-'));
});
after(() => rm(root, { recursive: true }));

/** A folder that looks like an installed CANN; the libraries are no libraries. */
async function install(name: string, libraries: readonly string[]): Promise<string> {
  const home = join(root, name);
  await mkdir(join(home, 'lib64'), { recursive: true });
  for (const library of libraries) await writeFile(join(home, 'lib64', library), 'not a library');
  return home;
}

const combined = ['libascendcl.so', 'libnnopbase.so', 'libopapi.so'];
const split = ['libopapi_math.so', 'libopapi_nn.so', 'libopapi_transformer.so'];
const names = (paths: readonly string[]) => paths.map((path) => path.split('/').at(-1));

test('CANN 8 is found as the compatibility runtime with the combined operators, never mixed with the split ones', async () => {
  const home = await install('8.5', [...combined, ...split, 'libacl_rt.so', 'libacl_mdl.so']);
  const { sets } = searchCann({ ASCEND_HOME_PATH: home });
  assert.deepEqual(
    sets.map(({ runtime, operators }) => [names(runtime), names(operators)]),
    [[['libascendcl.so', 'libnnopbase.so'], ['libopapi.so']]],
  );
});

test('CANN 9 without the old names is found as the split runtime and operators', async () => {
  const home = await install('9.1', ['libacl_rt.so', 'libacl_mdl.so', 'libnnopbase.so', ...split]);
  const { sets } = searchCann({ ASCEND_TOOLKIT_HOME: home });
  assert.deepEqual(names(sets[0]?.runtime ?? []), ['libacl_rt.so', 'libacl_mdl.so', 'libnnopbase.so']);
  assert.deepEqual(names(sets[0]?.operators ?? []), split);
});

test('a root that was named and is incomplete is explained', async () => {
  const home = await install('broken', ['libascendcl.so']);
  const { sets, misses } = searchCann({ ASCEND_HOME_PATH: home, ASCEND_TOOLKIT_HOME: join(root, 'nowhere') });
  assert.equal(sets.length, 0);
  assert.match(misses[0] ?? '', /ASCEND_HOME_PATH=.*no libnnopbase.so/);
  assert.match(misses[1] ?? '', /ASCEND_TOOLKIT_HOME=.*no folder/);
});

test('libraries on LD_LIBRARY_PATH are found, stub folders passed over', async () => {
  const home = await install('path', combined);
  await mkdir(join(root, 'devlib'), { recursive: true });
  for (const library of combined) await writeFile(join(root, 'devlib', library), 'stub');
  const search = searchCann({ LD_LIBRARY_PATH: `${join(root, 'devlib')}:${join(home, 'lib64')}` });
  assert.deepEqual(
    search.sets.map((set) => set.root),
    [`LD_LIBRARY_PATH ${join(home, 'lib64')}`],
  );
  const advice = adviceFor(search, { LD_LIBRARY_PATH: join(root, 'devlib') }, () => false);
  assert.match(advice.join('\n'), /remove .*devlib from LD_LIBRARY_PATH/);
  assert.match(advice.join('\n'), /no NPU is visible: pass \/dev\/davinci/);
  assert.match(advice.join('\n'), /ASCEND_OPP_PATH is not set: source set_env.sh/);
});

test('the trial accepts libraries that compute and says why others fail', async () => {
  assert.equal(await tryInChildProcess(hostLibraries()), null);
  const home = await install('fake', combined);
  const [fake] = searchCann({ ASCEND_HOME_PATH: home }).sets;
  assert.ok(fake);
  assert.match((await tryInChildProcess(fake)) ?? '', /libascendcl.so: (file too short|invalid ELF header)/);
});

/** What a fresh process says when it opens a backend. */
async function openElsewhere(code: string, env: Record<string, string>): Promise<unknown> {
  const index = fileURLToPath(new URL('./index.js', import.meta.url));
  const script = `const d = await import(${JSON.stringify(index)}); console.log(JSON.stringify(await (${code})(d)));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout);
}

const describe =
  'async (d) => { const { kind, why, soc, devices } = await d.openBackend(); return { kind, why, soc, devices }; }';

test('auto falls back to the host and remembers why', async () => {
  const home = await install('unusable', combined);
  const backend = (await openElsewhere(describe, { ASCEND_HOME_PATH: home })) as {
    kind: string;
    why: string[];
  };
  assert.equal(backend.kind, 'host');
  assert.match(backend.why[0] ?? '', /ASCEND_HOME_PATH=.*libascendcl.so/);
  assert.match(
    backend.why.at(-1) ?? '',
    /libhostacl: AscendCL on this CPU, (scalar|avx2|avx512|amx|neon) kernels/,
  );
});

test('npu asked for and absent is an error that lists the attempts', async () => {
  const failing = `async (d) => d.openBackend({ prefer: 'npu' }).catch((error) => error.message)`;
  const home = await install('absent', []);
  assert.match(
    String(await openElsewhere(failing, { ASCEND_HOME_PATH: home })),
    /no NPU can be used: ASCEND_HOME_PATH=/,
  );
});

test('one implementation a process: a second preference is refused', async () => {
  const twice = `async (d) => { await d.openBackend({ prefer: 'host' }); await d.openBackend(); return d.openBackend({ prefer: 'npu' }).catch((error) => error.message); }`;
  assert.match(String(await openElsewhere(twice, {})), /opened the host backend already/);
});

test('a wrong OSUM_DEVICE and a missing addon are said in a sentence', async () => {
  const message = `async (d) => { try { return await d.openBackend(); } catch (error) { return error.message; } }`;
  assert.match(
    String(await openElsewhere(message, { OSUM_DEVICE: 'gpu' })),
    /OSUM_DEVICE is auto, npu or host, got gpu/,
  );
  assert.match(
    String(await openElsewhere(message, { OSUM_NATIVE_DIR: root })),
    /the AscendCL addon is not built .*node native\/build.mjs/,
  );
});

test('link-time stubs are refused with what to do', async () => {
  const home = await installStubs(join(root, 'stubs'));
  const failing = `async (d) => d.openBackend({ prefer: 'npu' }).catch((error) => error.message)`;
  assert.match(
    String(await openElsewhere(failing, { ASCEND_HOME_PATH: home })),
    /aclInit failed.* with 100039 \(a link-time stub library was loaded\); remove the devlib or stub folder/,
  );
});

test('an installed CANN with a device that answers is chosen, and a file is copied into its memory', async () => {
  const home = await installStandIn(join(root, 'cann'));
  const path = join(root, 'weights.bin');
  await writeFile(path, new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer));
  const compute = `async (d) => {
    const backend = await d.openBackend();
    const device = await backend.openDevice();
    const stream = await device.createStream();
    const file = await device.mapFile(${JSON.stringify(path)});
    await (await import('node:fs/promises')).rm(${JSON.stringify(path)});
    const program = new d.Program(new d.Arena(await device.allocate(4096)));
    const result = program.download(program.muls(file.tensor('f32', [4], 0), 2));
    await stream.run(program);
    const { kind, soc, why, host, libraries } = backend;
    return { kind, soc, why, host, libraries, name: String(device), result: [...result.float32()] };
  }`;
  const seen = (await openElsewhere(compute, { ASCEND_HOME_PATH: home })) as Record<string, unknown>;
  assert.deepEqual([seen.kind, seen.soc, seen.host, seen.result], ['npu', 'Ascend910B4', null, [2, 4, 6, 8]]);
  assert.equal(seen.name, 'NPU 0 (Ascend910B4)');
  assert.match(String(seen.why), /ASCEND_HOME_PATH=.*: 1 device\(s\) Ascend910B4 answered/);
  assert.match(String(seen.libraries), /libascendcl.so/);
});

test('doctor reports the device, the libraries and the reasons', async () => {
  const report = (await openElsewhere('(d) => d.doctor()', { OSUM_DEVICE: 'host' })) as Record<
    string,
    unknown
  >;
  assert.deepEqual(Object.keys(report).sort(), [
    'addon',
    'advice',
    'backend',
    'devices',
    'kernels',
    'problem',
    'why',
  ]);
  assert.equal((report.backend as { kind: string }).kind, 'host');
  const [device] = report.devices as { name: string; totalBytes: number }[];
  assert.equal(device?.name, 'host device 0 (CPU)');
  assert.ok((device?.totalBytes ?? 0) > 0);
  const broken = (await openElsewhere('(d) => d.doctor()', { OSUM_NATIVE_DIR: root })) as Record<
    string,
    unknown
  >;
  assert.equal(broken.backend, null);
  assert.match(String(broken.problem), /addon is not built/);
  assert.match((broken.advice as string[])[0] ?? '', /node native\/build.mjs/);
});

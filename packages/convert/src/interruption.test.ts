import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type FileHandle, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openPackage } from '@osum/nn';
import { convertCheckpoint } from './convert-checkpoint.js';
import type { ConvertOptions, ConvertReport } from './convert-options.js';
import { createWorkbench, digests, rejectsWith, type Workbench } from './testing/workbench.js';
import { checkDiskSpace } from './writing/disk-space.js';

let bench: Workbench;
let whole: Record<string, string>;

before(async () => {
  bench = await createWorkbench();
  await convertCheckpoint(bench.options('whole', { weights: 'int8' }));
  whole = await digests(bench.at('whole'));
});

after(() => bench.remove());

/** Converts until so many tensors are written, then interrupts. */
async function interrupt(
  out: string,
  afterTensors: number,
  changes: Partial<ConvertOptions> = {},
): Promise<void> {
  const controller = new AbortController();
  const seen = new Set<string>();
  const onProgress: ConvertOptions['onProgress'] = ({ tensor }) => {
    if (seen.add(tensor).size > afterTensors) controller.abort(new Error('interrupted'));
  };
  const options = bench.options(out, { weights: 'int8', signal: controller.signal, onProgress, ...changes });
  await assert.rejects(convertCheckpoint(options), /interrupted/);
}

const convert = (out: string, changes: Partial<ConvertOptions> = {}): Promise<ConvertReport> =>
  convertCheckpoint(bench.options(out, { weights: 'int8', ...changes }));

const partialFiles = (out: string): Promise<string[]> => readdir(bench.at(`${out}.partial`));

test('an interrupted conversion leaves nothing that looks whole, and goes on where it stopped', async () => {
  for (const tensors of [1, 20, 50, 70]) {
    const out = `stopped-${tensors}`;
    await interrupt(out, tensors);
    await assert.rejects(openPackage(bench.at(out)), /holds no model\.json/);
    await assert.rejects(openPackage(bench.at(`${out}.partial`)), /holds no model\.json/);
    const report = await convert(out);
    assert.equal(report.resumed, tensors);
    assert.deepEqual(await digests(bench.at(out)), whole);
    assert.deepEqual(await readdir(bench.at(out)), await readdir(bench.at('whole')));
    await assert.rejects(partialFiles(out), { code: 'ENOENT' });
  }
});

test('a conversion that is killed without warning leaves nothing that looks whole, and goes on', async () => {
  const program = `
    import { convertCheckpoint } from ${JSON.stringify(new URL('convert-checkpoint.js', import.meta.url).href)};
    let calls = 0;
    const onProgress = () => ++calls === 60 && process.kill(process.pid, 'SIGKILL');
    await convertCheckpoint({ ...${JSON.stringify(bench.options('killed', { weights: 'int8' }))}, onProgress });
  `;
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  assert.equal(signal, 'SIGKILL', stderr);
  await assert.rejects(openPackage(bench.at('killed')), /holds no model\.json/);
  assert.ok(!(await partialFiles('killed')).includes('model.json'));
  // Progress is told before and after each tensor.
  assert.equal((await convert('killed')).resumed, 30);
  assert.deepEqual(await digests(bench.at('killed')), whole);
});

test('it can be interrupted again and again', async () => {
  await interrupt('often', 10);
  await interrupt('often', 30);
  await interrupt('often', 31);
  assert.equal((await convert('often')).resumed, 31);
  assert.deepEqual(await digests(bench.at('often')), whole);
});

test('what does not stand as it was written is written again', async () => {
  await interrupt('damaged', 20);
  const path = bench.at('damaged.partial/encoder.safetensors');
  const content = await readFile(path);
  const data = 8 + Number(content.readBigUInt64LE());
  content.fill(0xff, data, data + 2000);
  await writeFile(path, content);
  const { resumed } = await convert('damaged');
  assert.ok(resumed > 0 && resumed < 20, `${resumed} tensors were taken over`);
  assert.deepEqual(await digests(bench.at('damaged')), whole);
});

test('a journal whose last line was cut off is read up to there; one that is no journal is not believed', async () => {
  await interrupt('cut', 20);
  const journal = bench.at('cut.partial/journal.jsonl');
  const text = await readFile(journal, 'utf8');
  await writeFile(journal, text.slice(0, -30));
  assert.equal((await convert('cut')).resumed, 19);
  await interrupt('scribbled', 20);
  await writeFile(bench.at('scribbled.partial/journal.jsonl'), 'scribble\n');
  assert.equal((await convert('scribbled')).resumed, 0);
  for (const out of ['cut', 'scribbled']) assert.deepEqual(await digests(bench.at(out)), whole);
});

test('another conversion into the same place starts over', async () => {
  await interrupt('other', 20);
  assert.equal((await convert('other', { weights: 'bf16' })).resumed, 0);
  assert.equal((await openPackage(bench.at('other'))).manifest.weights, 'bf16');
  await interrupt('changed', 20);
  const again = await bench.checkpoint('changed.pt', () => {});
  assert.equal((await convert('changed', { checkpoint: again })).resumed, 0);
});

test('a second conversion into the same place is refused while the first runs', async () => {
  await interrupt('busy', 5);
  await writeFile(bench.at('busy.partial/owner.pid'), String(process.ppid));
  await rejectsWith(
    convert('busy'),
    'target',
    /another conversion \(process \d+\) is writing to busy\.partial/,
  );
  await writeFile(bench.at('busy.partial/owner.pid'), '999999999');
  assert.equal((await convert('busy')).resumed, 5);
});

test('a disk that fills up says so, leaves nothing that looks whole, and the conversion goes on with more room', async () => {
  await rejectsWith(
    convertCheckpoint(bench.options('full', { weights: 'int8' }), diskOf(60_000)),
    'space',
    /the disk filled up.*run the same command again: it goes on/,
  );
  await assert.rejects(openPackage(bench.at('full')), /holds no model\.json/);
  assert.ok(!(await partialFiles('full')).includes('model.json'));
  assert.ok((await convert('full')).resumed > 0);
  assert.deepEqual(await digests(bench.at('full')), whole);
});

test('a disk without room is refused before anything is written', async () => {
  await rejectsWith(
    checkDiskSpace(bench.folder, 1e18),
    'space',
    /needs 1000000000\.0 GB more on the disk of .* which has .* GB free; make room/,
  );
  await checkDiskSpace(bench.folder, 1000);
});

test('a package is replaced only when asked for, and something else never', async () => {
  await convert('standing');
  await rejectsWith(convert('standing'), 'target', /standing holds a model package already; give --replace/);
  await writeFile(bench.at('standing/model.json'), 'broken');
  await convert('standing', { replace: true });
  assert.deepEqual(await digests(bench.at('standing')), whole);
  await rejectsWith(convert('llm', { replace: true }), 'target', /llm exists and is no model package/);
  await rejectsWith(convert('published.pt', { replace: true }), 'target', /exists and is no model package/);
  assert.deepEqual(
    (await readdir(bench.folder)).filter((name) => /former|partial/.test(name)),
    [],
  );
});

test('an interrupted replacement leaves the old package as it was', async () => {
  await convert('old', { weights: 'bf16' });
  const before = await digests(bench.at('old'));
  await interrupt('old', 30, { replace: true });
  assert.deepEqual(await digests(bench.at('old')), before);
  await openPackage(bench.at('old'));
  await rm(bench.at('old.partial'), { recursive: true });
});

/** Opens files on a disk with room for so many bytes. */
function diskOf(bytes: number): (path: string, flags: string) => Promise<FileHandle> {
  let free = bytes;
  return async (path, flags) => {
    const handle = await open(path, flags);
    const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<unknown>;
    handle.write = ((content: Uint8Array, offset: number, length: number, position: number) => {
      free -= length;
      if (free >= 0) return write(content, offset, length, position);
      return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
    }) as FileHandle['write'];
    return handle;
  };
}

test('the digest of each file stands in model.json', async () => {
  const { manifest } = await openPackage(bench.at('whole'));
  for (const stage of ['encoder', 'adapter', 'decoder'] as const) {
    assert.equal(manifest.files[stage].sha256, whole[stage]);
    assert.equal(manifest.files[stage].path, `${stage}.safetensors`);
  }
  assert.ok((await readFile(join(bench.at('whole'), 'model.json'), 'utf8')).endsWith('}\n'));
});

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bytesFromValues } from '@osum/device';
import { ConvertError, type ConvertFault } from '../../convert-error.js';
import { RowReader } from '../../tensors/row-reader.js';
import { type PythonValue, pickle } from '../../testing/pickle-writer.js';
import { type TestTensor, testTensor, writeTorchFile } from '../../testing/torch-file.js';
import { writeZip } from '../../testing/zip-writer.js';
import { openCheckpoint } from '../open-checkpoint.js';

let folder: string;
const at = (name: string): string => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-torch-'));
});

after(() => rm(folder, { recursive: true }));

async function rejectsWith(work: Promise<unknown>, fault: ConvertFault, message: RegExp): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof ConvertError, String(error));
    assert.match(error.message, message);
    assert.equal(error.fault, fault);
    return true;
  });
}

/** All values of a tensor, read in pieces of at most two rows. */
async function values(path: string, name: string): Promise<number[]> {
  await using checkpoint = await openCheckpoint(path);
  const tensor = checkpoint.tensors.get(name)!;
  const reader = new RowReader(tensor);
  const all: number[] = [];
  const step = tensor.hasRows ? 2 : reader.rows;
  for (let row = 0; row < reader.rows; row += step) {
    all.push(...(await reader.floats(row, Math.min(step, reader.rows - row))));
  }
  return all;
}

test('tensors of every float type come back, by rows, from shared storages, offsets and strides', async () => {
  const count = [...Array(12).keys()];
  const storage = { dtype: 'f32', values: count } as const;
  const tensors = new Map<string, TestTensor>([
    ['f32', { storage, shape: [3, 4] }],
    ['bf16', testTensor('bf16', [2, 2], [1, -2.5, 0.375, 256])],
    ['f16', testTensor('f16', [3], [1, -0.5, 6.103515625e-5])],
    ['i64', testTensor('i64', [2], [7, -1])],
    ['scalar', testTensor('f32', [], [5])],
    ['empty', testTensor('f32', [0, 4], [])],
    ['alias', { storage, shape: [3, 4] }],
    ['part', { storage, shape: [2, 3], strides: [4, 1], offset: 5 }],
    ['transposed', { storage, shape: [4, 3], strides: [1, 4] }],
    ['expanded', { storage, shape: [2, 2], strides: [0, 1], offset: 3 }],
  ]);
  await writeTorchFile(at('good.pt'), tensors);
  const read = (name: string): Promise<number[]> => values(at('good.pt'), name);
  assert.deepEqual(await read('f32'), count);
  assert.deepEqual(await read('bf16'), [1, -2.5, 0.375, 256]);
  assert.deepEqual(await read('f16'), [1, -0.5, 6.103515625e-5]);
  assert.deepEqual(await read('scalar'), [5]);
  assert.deepEqual(await read('empty'), []);
  assert.deepEqual(await read('part'), [5, 6, 7, 9, 10, 11]);
  assert.deepEqual(await read('transposed'), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
  assert.deepEqual(await read('expanded'), [3, 4, 3, 4]);

  await using checkpoint = await openCheckpoint(at('good.pt'));
  const tensor = (name: string) => checkpoint.tensors.get(name)!;
  assert.equal(tensor('alias').place, tensor('f32').place);
  assert.notEqual(tensor('part').place, tensor('f32').place);
  assert.equal(tensor('i64').dtype, 'i64');
  assert.deepEqual(
    ['f32', 'part', 'transposed'].map((name) => tensor(name).hasRows),
    [true, true, false],
  );
});

test('a state dictionary inside of a larger one is found; entries that are no tensors are named', async () => {
  const tensors = new Map([['w', testTensor('f32', [1], [3])]]);
  for (const container of ['module', 'model_state_dict', 'state_dict', 'model']) {
    await writeTorchFile(at('inside.pt'), tensors, {
      container,
      others: [
        ['step', 832_499],
        ['lr', 5e-4],
      ],
    });
    assert.deepEqual(await values(at('inside.pt'), 'w'), [3]);
    await using checkpoint = await openCheckpoint(at('inside.pt'));
    assert.deepEqual(checkpoint.others, ['step', 'lr']);
  }
});

test('a file beyond 4 GiB is read by its zip64 directory, without reading what lies between', async () => {
  const storage = (key: string, elements: number): PythonValue => ({
    persistent: { tuple: ['storage', { global: 'torch.FloatStorage' }, key, 'cpu', elements] },
  });
  const tensor = (key: string): PythonValue => ({
    call: { global: 'torch._utils._rebuild_tensor_v2' },
    args: [storage(key, 2), 0, { tuple: [2] }, { tuple: [1] }, false, null],
  });
  await writeZip(at('large.pt'), [
    { name: 'large/data/0', content: bytesFromValues('f32', [1, 2]) },
    { name: 'large/data/1', content: bytesFromValues('f32', [3, 4]), position: 5 * 2 ** 30 },
    {
      name: 'large/data.pkl',
      content: pickle({
        dict: [
          ['a', tensor('0')],
          ['b', tensor('1')],
        ],
      }),
    },
  ]);
  assert.deepEqual(await values(at('large.pt'), 'a'), [1, 2]);
  assert.deepEqual(await values(at('large.pt'), 'b'), [3, 4]);
  await rm(at('large.pt'));
});

test('a pickle that wants to run code is refused by the name of what it wants, and runs nothing', async () => {
  const attack = async (value: PythonValue, name: RegExp): Promise<void> => {
    await writeZip(at('evil.pt'), [{ name: 'a/data.pkl', content: pickle(value) }]);
    await rejectsWith(openCheckpoint(at('evil.pt')), 'unsafe', name);
  };
  const call = (global: string, ...args: PythonValue[]): PythonValue => ({ call: { global }, args });
  await attack(call('os.system', 'touch /tmp/pwned'), /wants to use "os\.system".*never run here/);
  await attack({ dict: [['w', call('builtins.eval', '1')]] }, /"builtins\.eval"/);
  await attack(call('torch.storage._load_from_bytes', 'x'), /"torch\.storage\._load_from_bytes"/);
  await attack({ global: 'collections.__class__' }, /"collections\.__class__"/);
  await attack({ global: 'torch.constructor' }, /"torch\.constructor"/);
});

test('pickles that are broken or do what tensors do not need are refused at their place', async () => {
  const broken = async (content: Buffer, message: RegExp): Promise<void> => {
    await writeZip(at('broken.pt'), [{ name: 'a/data.pkl', content }]);
    await rejectsWith(openCheckpoint(at('broken.pt')), 'damaged', message);
  };
  const bytes = (text: string): Buffer => Buffer.from(`\x80\x02${text}`, 'latin1');
  await broken(bytes('}'), /it ends after 3 bytes/);
  await broken(bytes('o.'), /at byte 2 stands the instruction 0x6f/);
  await broken(bytes('\x80\x09.'), /protocol 9, but 2 to 5/);
  await broken(bytes('0.'), /takes from an empty stack/);
  await broken(bytes('u.'), /a mark is missing/);
  await broken(bytes('K\x01K\x02K\x03s.'), /a dict is expected/);
  await broken(bytes('h\x07.'), /nothing is kept as 7/);
  await broken(bytes(']N\x85R.'), /calls what is no function/);
  await broken(bytes('ctorch\nFloatStorage\n)R.'), /calls a storage class/);
  await broken(bytes('K\x01K\x02b.'), /sets attributes of an object/);
  await broken(bytes('K\x01Q.'), /names no storage of a known type/);
  await broken(bytes('X\xff\xff\xff\xff'), /it ends after/);
});

test('tensors that reach beyond their storage, and storages that are cut off, are refused', async () => {
  const storage = { dtype: 'f32', values: [1, 2, 3] } as const;
  await writeTorchFile(at('beyond.pt'), new Map([['w', { storage, shape: [2, 2] }]]));
  await rejectsWith(openCheckpoint(at('beyond.pt')), 'damaged', /w \[2,2\] reaches beyond its storage of 3/);
  const lies = pickle({
    dict: [
      [
        'w',
        {
          call: { global: 'torch._utils._rebuild_tensor_v2' },
          args: [
            { persistent: { tuple: ['storage', { global: 'torch.FloatStorage' }, '0', 'cpu', 100] } },
            0,
            { tuple: [100] },
            { tuple: [1] },
          ],
        },
      ],
    ],
  });
  await writeZip(at('short.pt'), [
    { name: 'a/data.pkl', content: lies },
    { name: 'a/data/0', content: Buffer.alloc(8) },
  ]);
  await rejectsWith(openCheckpoint(at('short.pt')), 'damaged', /storage of w needs 400 bytes.*has 8/);
  await writeZip(at('short.pt'), [{ name: 'a/data.pkl', content: lies }]);
  await rejectsWith(openCheckpoint(at('short.pt')), 'damaged', /storage of w needs 400 bytes.*has none/);
});

test('files of another kind are told apart and said how to mend', async () => {
  const refused = async (content: Buffer | string, message: RegExp): Promise<void> => {
    await writeFile(at('other.pt'), content);
    await rejectsWith(openCheckpoint(at('other.pt')), 'format', message);
  };
  await refused(Buffer.from('80028a0a6cfc9c46f920', 'hex'), /torch file of the format before 1\.6/);
  await refused(Buffer.from('8004952a', 'hex'), /a bare pickle, which may run any code/);
  await refused('version https://git-lfs.github.com/spec/v1\n', /git lfs pull/);
  await refused('', /neither a torch nor a safetensors file \(0 bytes\)/);
  await refused('{"a": 1}', /neither a torch nor a safetensors file/);
  await rejectsWith(openCheckpoint(at('nowhere.pt')), 'not-found', /nowhere\.pt does not exist/);
});

test('archives that are truncated, compressed, big-endian, programs, or of something else are refused', async () => {
  const tensors = new Map([['w', testTensor('f32', [64], new Float32Array(64))]]);
  await writeTorchFile(at('cut.pt'), tensors);
  const { length } = await readFile(at('cut.pt'));
  for (const bytes of [length - 1, Math.floor(length / 2), 40]) {
    await truncate(at('cut.pt'), bytes);
    await rejectsWith(
      openCheckpoint(at('cut.pt')),
      'damaged',
      /cut\.pt begins like a zip.*truncated or damaged/,
    );
  }
  await writeTorchFile(at('big.pt'), tensors, { byteOrder: 'big' });
  await rejectsWith(openCheckpoint(at('big.pt')), 'format', /big-endian/);
  await writeZip(at('zip.pt'), [{ name: 'a.txt', content: Buffer.from('x') }]);
  await rejectsWith(openCheckpoint(at('zip.pt')), 'format', /not one of torch\.save: it holds no data\.pkl/);
  const data = { name: 'a/data.pkl', content: pickle({ dict: [] }) };
  await writeZip(at('program.pt'), [data, { name: 'a/constants.pkl', content: Buffer.from('x') }]);
  await rejectsWith(openCheckpoint(at('program.pt')), 'format', /TorchScript program/);
  await writeZip(at('packed.pt'), [{ ...data, method: 8 }]);
  await rejectsWith(openCheckpoint(at('packed.pt')), 'format', /a\/data\.pkl is compressed/);
  await writeZip(at('none.pt'), [data]);
  await rejectsWith(openCheckpoint(at('none.pt')), 'format', /no dictionary of tensors/);
});

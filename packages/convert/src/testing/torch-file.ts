import { bytesFromValues, bytesOf } from '@osum/device';
import { packedStrides } from '../checkpoint/strided-tensor.js';
import { type PythonValue, pickle } from './pickle-writer.js';
import { writeZip } from './zip-writer.js';

/** Element types of the files of tests, with torch's names for their storages. */
const STORAGES = {
  f32: 'FloatStorage',
  bf16: 'BFloat16Storage',
  f16: 'HalfStorage',
  i64: 'LongStorage',
} as const;

/** A storage: elements that tensors are views of. */
export interface TestStorage {
  readonly dtype: keyof typeof STORAGES;
  /** The elements; of those without values only their number: zeros that take no room on disk. */
  readonly values: ArrayLike<number> | { readonly length: number; readonly hollow: true };
}

/** A tensor of a test's checkpoint. Two of the same storage object share it in the file. */
export interface TestTensor {
  readonly storage: TestStorage;
  readonly shape: readonly number[];
  /** Default: row-major from the storage's start. */
  readonly strides?: readonly number[];
  readonly offset?: number;
}

/** A row-major tensor with a storage of its own. */
export function testTensor(
  dtype: TestStorage['dtype'],
  shape: readonly number[],
  values: ArrayLike<number>,
): TestTensor {
  return { storage: { dtype, values }, shape };
}

/** What may differ between files. */
export interface TorchFileOptions {
  /** Puts the tensors under this key of a larger dictionary. */
  readonly container?: string;
  /** Entries that are no tensors. */
  readonly others?: readonly (readonly [string, PythonValue])[];
  /** Content of the archive's `byteorder`. Default: little. */
  readonly byteOrder?: string;
  /** Name of the archive's folder. Default: archive. */
  readonly folder?: string;
}

/** Writes tensors the way `torch.save` writes an `OrderedDict` of them. */
export async function writeTorchFile(
  path: string,
  tensors: ReadonlyMap<string, TestTensor>,
  { container, others = [], byteOrder = 'little', folder = 'archive' }: TorchFileOptions = {},
): Promise<void> {
  const keys = new Map<TestStorage, string>();
  const storageOf = (storage: TestStorage): PythonValue => {
    const key = keys.get(storage) ?? String(keys.size);
    keys.set(storage, key);
    const type = { global: `torch.${STORAGES[storage.dtype]}` };
    return { persistent: { tuple: ['storage', type, key, 'cpu', storage.values.length] } };
  };
  const emptyOrdered = { call: { global: 'collections.OrderedDict' }, args: [] };
  const tensorOf = ({ storage, shape, strides, offset = 0 }: TestTensor): PythonValue => ({
    call: { global: 'torch._utils._rebuild_tensor_v2' },
    args: [
      storageOf(storage),
      offset,
      { tuple: shape },
      { tuple: strides ?? packedStrides(shape) },
      false,
      emptyOrdered,
    ],
  });
  const dict: PythonValue = {
    dict: [...[...tensors].map(([name, tensor]) => [name, tensorOf(tensor)] as const), ...others],
  };
  const content = pickle(
    container === undefined
      ? dict
      : {
          dict: [
            ['epoch', 3],
            [container, dict],
          ],
        },
  );
  await writeZip(path, [
    { name: `${folder}/data.pkl`, content },
    { name: `${folder}/byteorder`, content: Buffer.from(byteOrder) },
    ...[...keys].map(([{ dtype, values }, key]) => ({
      name: `${folder}/data/${key}`,
      content: 'hollow' in values ? bytesOf(dtype, values.length) : bytesFromValues(dtype, values),
    })),
    { name: `${folder}/version`, content: Buffer.from('3\n') },
  ]);
}

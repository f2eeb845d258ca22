import { ConvertError } from '../../convert-error.js';
import type { ElementType } from '../element-type.js';
import type { PickleGlobal, PickleObject, PickleValue, PickleWorld } from './unpickle.js';

/** A typed storage: an entry of the archive's `data` folder. */
export interface TorchStorage extends PickleObject {
  readonly kind: 'storage';
  readonly dtype: ElementType;
  readonly key: string;
  readonly elements: number;
}

/** A tensor as a view of a storage; offset and strides in elements. */
export interface TorchTensor extends PickleObject {
  readonly kind: 'tensor';
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

interface StorageClass extends PickleGlobal {
  readonly dtype: ElementType;
}

const STORAGES: Readonly<Record<string, ElementType>> = {
  DoubleStorage: 'f64',
  FloatStorage: 'f32',
  HalfStorage: 'f16',
  BFloat16Storage: 'bf16',
  LongStorage: 'i64',
  IntStorage: 'i32',
  ShortStorage: 'i16',
  CharStorage: 'i8',
  ByteStorage: 'u8',
  BoolStorage: 'bool',
};

/** The globals that a pickled dictionary of tensors needs, by module and name; nothing else can be reached. */
const GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map([
  ['collections.OrderedDict', callable(() => new Map())],
  ['torch.Size', callable(([extents]) => extents ?? [])],
  ['torch._utils._rebuild_tensor', callable(rebuildTensor)],
  ['torch._utils._rebuild_tensor_v2', callable(rebuildTensor)],
  ['torch._utils._rebuild_parameter', callable(([tensor]) => tensor ?? null)],
  ...Object.entries(STORAGES).map(([name, dtype]): [string, PickleGlobal] => {
    const storage: StorageClass = { kind: 'global', dtype, call: refuseCall };
    return [`torch.${name}`, storage];
  }),
]);

/** Gives a pickle of tensors what it needs. `label` is the file's name in messages. */
export function torchWorld(label: string): PickleWorld {
  return {
    global(module, name) {
      const found = GLOBALS.get(`${module}.${name}`);
      if (found !== undefined) return found;
      throw new ConvertError(
        'unsafe',
        `${label} wants to use ${JSON.stringify(`${module}.${name}`)}, which a dictionary of tensors does not need and which is never run here; save only the state dictionary (name to tensor) with torch.save`,
      );
    },
    persistent(id) {
      const [tag, type, key, , elements] = Array.isArray(id) ? id : [];
      const dtype = (type as StorageClass | null | undefined)?.dtype;
      if (tag !== 'storage' || dtype === undefined || typeof key !== 'string' || !isCount(elements)) {
        throw new Error('a persistent id names no storage of a known type');
      }
      return { kind: 'storage', dtype, key, elements } as TorchStorage;
    },
  };
}

function rebuildTensor(args: readonly PickleValue[]): TorchTensor {
  const [storage, offset, shape, strides] = args;
  if ((storage as PickleObject | null)?.kind !== 'storage' || !isCount(offset)) {
    throw new Error('a tensor has no storage');
  }
  if (!areCounts(shape) || !areCounts(strides) || shape.length !== strides.length) {
    throw new Error('the extents or strides of a tensor are no whole numbers');
  }
  return { kind: 'tensor', storage: storage as TorchStorage, offset, shape, strides };
}

function callable(call: PickleGlobal['call']): PickleGlobal {
  return { kind: 'global', call };
}

function refuseCall(): never {
  throw new Error('it calls a storage class');
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function areCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

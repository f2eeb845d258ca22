import { PickleReader } from './pickle-reader.js';

/** What a pickle evaluates to: Python's dict as a `Map`, list and tuple as arrays, None as null. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleObject;

/** Made by a function that `PickleWorld.global` gave out. */
export interface PickleObject {
  readonly kind: string;
}

/** A function or class that a pickle may name, and what calling it gives. */
export interface PickleGlobal extends PickleObject {
  readonly kind: 'global';
  call(args: readonly PickleValue[]): PickleValue;
}

/** What a pickle may reach. */
export interface PickleWorld {
  /** The stand-in of a global; throws for one that is not allowed. */
  global(module: string, name: string): PickleGlobal;
  /** The object of a persistent id. */
  persistent(id: PickleValue): PickleValue;
}

const MARK: PickleObject = { kind: 'mark' };

/**
 * Evaluates a pickle of protocol 2 to 5 without running any code: globals and calls go to `world`, all other
 * instructions only build values. Throws an `Error` on an instruction that tensors do not need.
 */
export function unpickle(bytes: Buffer, world: PickleWorld): PickleValue {
  const reader = new PickleReader(bytes);
  const stack: PickleValue[] = [];
  const memo = new Map<number, PickleValue>();
  const push = (value: PickleValue): void => {
    stack.push(value);
  };
  const pop = (): PickleValue => {
    if (stack.length === 0) throw new Error(`at byte ${reader.position} it takes from an empty stack`);
    return stack.pop()!;
  };
  const top = (): PickleValue => stack.at(-1) ?? null;
  const popToMark = (): PickleValue[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw new Error(`at byte ${reader.position} a mark is missing`);
    const values = stack.splice(mark);
    values.shift();
    return values;
  };
  const list = (value: PickleValue): PickleValue[] => {
    if (!Array.isArray(value)) throw new Error(`at byte ${reader.position} a list is expected`);
    return value;
  };
  const setItems = (target: PickleValue, items: readonly PickleValue[]): void => {
    if (!(target instanceof Map)) throw new Error(`at byte ${reader.position} a dict is expected`);
    for (let i = 0; i + 1 < items.length; i += 2) target.set(items[i]!, items[i + 1]!);
  };
  const get = (index: number): PickleValue => {
    const value = memo.get(index);
    if (value === undefined) throw new Error(`at byte ${reader.position} nothing is kept as ${index}`);
    return value;
  };
  const call = (args: PickleValue, callee: PickleValue): PickleValue => {
    if ((callee as PickleGlobal | null)?.kind !== 'global') {
      throw new Error(`at byte ${reader.position} it calls what is no function`);
    }
    return (callee as PickleGlobal).call(list(args));
  };
  const last = (count: number): PickleValue[] => Array.from({ length: count }, pop).reverse();

  for (;;) {
    const opcode = reader.u8();
    switch (String.fromCharCode(opcode)) {
      case '.': // STOP
        return pop();
      case '\x80': // PROTO
        checkProtocol(reader.u8());
        break;
      case '\x95': // FRAME
        reader.u64();
        break;
      case '(': // MARK
        push(MARK);
        break;
      case '0': // POP
        pop();
        break;
      case '1': // POP_MARK
        popToMark();
        break;
      case 'N': // NONE
        push(null);
        break;
      case '\x88': // NEWTRUE
        push(true);
        break;
      case '\x89': // NEWFALSE
        push(false);
        break;
      case 'J': // BININT
        push(reader.i32());
        break;
      case 'K': // BININT1
        push(reader.u8());
        break;
      case 'M': // BININT2
        push(reader.u16());
        break;
      case '\x8a': // LONG1
        push(reader.long(reader.u8()));
        break;
      case 'G': // BINFLOAT
        push(reader.f64());
        break;
      case '\x8c': // SHORT_BINUNICODE
        push(reader.utf8(reader.u8()));
        break;
      case 'X': // BINUNICODE
        push(reader.utf8(reader.u32()));
        break;
      case '\x8d': // BINUNICODE8
        push(reader.utf8(reader.u64()));
        break;
      case 'U': // SHORT_BINSTRING
        push(reader.utf8(reader.u8()));
        break;
      case 'C': // SHORT_BINBYTES
        push(reader.raw(reader.u8()));
        break;
      case 'B': // BINBYTES
        push(reader.raw(reader.u32()));
        break;
      case ')': // EMPTY_TUPLE
      case ']': // EMPTY_LIST
        push([]);
        break;
      case '}': // EMPTY_DICT
        push(new Map());
        break;
      case '\x85': // TUPLE1
        push(last(1));
        break;
      case '\x86': // TUPLE2
        push(last(2));
        break;
      case '\x87': // TUPLE3
        push(last(3));
        break;
      case 't': // TUPLE
        push(popToMark());
        break;
      case 'a': {
        // APPEND
        const value = pop();
        list(top()).push(value);
        break;
      }
      case 'e': {
        // APPENDS
        const values = popToMark();
        list(top()).push(...values);
        break;
      }
      case 's': {
        // SETITEM
        const item = last(2);
        setItems(top(), item);
        break;
      }
      case 'u': {
        // SETITEMS
        const items = popToMark();
        setItems(top(), items);
        break;
      }
      case 'q': // BINPUT
        memo.set(reader.u8(), top());
        break;
      case 'r': // LONG_BINPUT
        memo.set(reader.u32(), top());
        break;
      case '\x94': // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 'h': // BINGET
        push(get(reader.u8()));
        break;
      case 'j': // LONG_BINGET
        push(get(reader.u32()));
        break;
      case 'c': // GLOBAL
        push(world.global(reader.line(), reader.line()));
        break;
      case '\x93': {
        // STACK_GLOBAL
        const [module, name] = last(2);
        push(world.global(String(module), String(name)));
        break;
      }
      case 'Q': // BINPERSID
        push(world.persistent(pop()));
        break;
      case 'R': // REDUCE
        push(call(pop(), pop()));
        break;
      case 'b': // BUILD: the attributes of an ordered dict (its `_metadata`) say nothing about tensors
        pop();
        if (!(top() instanceof Map))
          throw new Error(`at byte ${reader.position} it sets attributes of an object`);
        break;
      default:
        throw new Error(
          `at byte ${reader.position - 1} stands the instruction 0x${opcode.toString(16)}, which tensors do not need`,
        );
    }
  }
}

function checkProtocol(version: number): void {
  if (version < 2 || version > 5) throw new Error(`it has protocol ${version}, but 2 to 5 are read`);
}

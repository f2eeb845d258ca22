/** Python objects, spelt out, for pickles of tests. */
export type PythonValue =
  | null
  | boolean
  | number
  | string
  | { readonly list: readonly PythonValue[] }
  | { readonly tuple: readonly PythonValue[] }
  | { readonly dict: readonly (readonly [PythonValue, PythonValue])[] }
  | { readonly global: string }
  | { readonly call: PythonValue; readonly args: readonly PythonValue[]; readonly state?: PythonValue }
  | { readonly persistent: PythonValue };

/** Pickles a value with protocol 2, as `torch.save` does. */
export function pickle(value: PythonValue): Buffer {
  const parts: Buffer[] = [Buffer.from([0x80, 2])];
  write(value, parts);
  parts.push(Buffer.from('.'));
  return Buffer.concat(parts);
}

function write(value: PythonValue, parts: Buffer[]): void {
  const op = (text: string): void => {
    parts.push(Buffer.from(text, 'latin1'));
  };
  const each = (begin: string, items: readonly PythonValue[], end: string): void => {
    op(begin);
    for (const item of items) write(item, parts);
    op(end);
  };
  if (value === null) op('N');
  else if (typeof value === 'boolean') op(value ? '\x88' : '\x89');
  else if (typeof value === 'number') parts.push(numberPickle(value));
  else if (typeof value === 'string') parts.push(textPickle(value));
  else if ('tuple' in value) each('(', value.tuple, 't');
  else if ('list' in value) each('](', value.list, 'e');
  else if ('dict' in value) each('}(', value.dict.flat(), 'u');
  else if ('global' in value) op(globalPickle(value.global));
  else if ('persistent' in value) each('', [value.persistent], 'Q');
  else {
    each('', [value.call, { tuple: value.args }], 'R');
    if (value.state !== undefined) each('', [value.state], 'b');
  }
}

function globalPickle(path: string): string {
  const dot = path.lastIndexOf('.');
  return `c${path.slice(0, dot)}\n${path.slice(dot + 1)}\n`;
}

function textPickle(value: string): Buffer {
  const text = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([Buffer.from('X'), length, text]);
}

function numberPickle(value: number): Buffer {
  if (!Number.isInteger(value)) {
    const bytes = Buffer.alloc(9, 'G');
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (Math.abs(value) < 2 ** 31) {
    const bytes = Buffer.alloc(5, 'J');
    bytes.writeInt32LE(value, 1);
    return bytes;
  }
  const bytes = Buffer.alloc(10, 0x8a);
  bytes.writeUInt8(8, 1);
  bytes.writeBigInt64LE(BigInt(value), 2);
  return bytes;
}

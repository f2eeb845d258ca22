import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadAddon } from './addon.js';
import { ADDON_CODES } from './native.js';
import { STEP, TAG } from './program/step-encoder.js';

const source = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

/** `kSomeName = 5` of a C++ enum, as `{ someName: 5 }`. */
function enumOf(text: string, name: string): Record<string, number> {
  const body = new RegExp(`enum (?:class )?${name} : int \\{([^}]*)\\}`).exec(text)?.[1] ?? '';
  return Object.fromEntries(
    [...body.matchAll(/k(\w+) = (-?\d+)/g)].map(([, key = '', value]) => {
      return [key.charAt(0).toLowerCase() + key.slice(1), Number(value)];
    }),
  );
}

test('the addon exports what native.ts declares, in the same order', () => {
  const declared =
    source('packages/device/src/native.ts').split('export interface NativeAddon {')[1]?.split('\n}')[0] ?? '';
  const names = [...declared.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name);
  assert.deepEqual(Object.keys(loadAddon()), names);
});

test('tags, steps and codes have the same numbers on both sides', () => {
  const program = source('native/ascendcl/src/program.h');
  assert.deepEqual(enumOf(program, 'Tag'), { ...TAG });
  assert.deepEqual(enumOf(program, 'SpecialStep'), { ...STEP });
  assert.deepEqual(enumOf(source('native/ascendcl/src/failure.h'), 'AddonCode'), { ...ADDON_CODES });
});

test('words that are no program are refused with the step and the reason', () => {
  const addon = loadAddon();
  const add = addon.operatorNames().indexOf('Add');
  const refused = (...words: number[]) =>
    assert.throws.bind(null, () => addon.programCreate(Float64Array.from(words)));
  refused(add, 1, TAG.absent)(/step 0 of the program: aclnnAdd takes 4 arguments, got 1/);
  refused(
    add,
    4,
    TAG.int,
    1,
    TAG.absent,
    TAG.absent,
    TAG.absent,
  )(/aclnnAdd does not take an argument of tag 2 in place 0/);
  refused(9999, 0)(/unknown operator 9999/);
  refused(-9, 0)(/unknown step -9/);
  refused(add, 4, TAG.tensor, 0)(/the words end inside a step/);
  refused(add, 4, TAG.tensor, 0, 0, 0, 2, 9)(/rank 9/);
  refused(add, 4, 77)(/unknown argument tag 77/);
});

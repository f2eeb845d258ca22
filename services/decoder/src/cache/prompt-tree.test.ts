import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPEECH } from './prompt.js';
import { nodesOf, type PromptNode, promptTree, sizeTree } from './prompt-tree.js';

const rule = { minSharedRows: 3, speechRows: 20 };
const sketch = (nodes: readonly PromptNode[]): unknown[] =>
  nodes.map(({ prompt, pass, children }) => [prompt.join(' '), pass ?? sketch(children)]);

test('a single pass is one leaf', () => {
  assert.deepEqual(sketch(promptTree([[1, 2, SPEECH, 3]], rule)), [['1 2 -1 3', 0]]);
});

test('passes are arranged by what they share, level by level', () => {
  const prompts = [
    [1, 2, 3, 4, 5, SPEECH, 9],
    [1, 2, 3, 4, 5, SPEECH, 8],
    [1, 2, 3, 7, SPEECH, 9],
  ];
  assert.deepEqual(sketch(promptTree(prompts, rule)), [
    [
      '1 2 3',
      [
        [
          '4 5 -1',
          [
            ['9', 0],
            ['8', 1],
          ],
        ],
        ['7 -1 9', 2],
      ],
    ],
  ]);
});

test('a short common start is not worth a fork, yet what shares more below it is found', () => {
  const prompts = [
    [1, 5, 6, 7, 8],
    [1, 5, 6, 7, 9],
    [1, 4],
  ];
  assert.deepEqual(sketch(promptTree(prompts, rule)), [
    [
      '1 5 6 7',
      [
        ['8', 0],
        ['9', 1],
      ],
    ],
    ['1 4', 2],
  ]);
});

test('equal prompts share all but their last element', () => {
  assert.deepEqual(
    sketch(
      promptTree(
        [
          [1, 2, 3, 4],
          [1, 2, 3, 4],
        ],
        rule,
      ),
    ),
    [
      [
        '1 2 3',
        [
          ['4', 0],
          ['4', 1],
        ],
      ],
    ],
  );
});

test('blocks suffice for the worst alignment below speech of unknown length', () => {
  const tree = promptTree(
    [
      [1, 2, SPEECH, 8],
      [1, 2, SPEECH, 9],
    ],
    rule,
  );
  const sized = sizeTree(tree, 0, { speechRows: 20, growthRows: () => 130 });
  const [trunk, first] = [...nodesOf(sized)];
  assert.equal(trunk!.blocks, 1);
  assert.equal(first!.blocks, 3, '131 rows may touch three blocks of 128');
  assert.equal(first!.endBound, 22 + 1 + 130);
});

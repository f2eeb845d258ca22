import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assemblePrompt, type PromptPart } from './prompt.js';
import { createTokenizer } from './tokenizer.js';

interface PromptData {
  readonly serving: Readonly<Record<'understand' | 'chat' | 'think' | 'intent', readonly PromptPart[]>>;
  readonly training: Readonly<
    Record<'understand' | 'chat' | 'think' | 'text' | 'intent', readonly PromptPart[]>
  >;
  readonly intentPrompts: readonly string[];
}

const prompts: PromptData = JSON.parse(
  readFileSync(new URL('../data/osum-pangu-prompts.json', import.meta.url), 'utf8'),
);
const model = readFileSync(new URL('../test-data/bpe-bytes.model', import.meta.url));
const tokenizer = createTokenizer(model, { bos: 1, eos: 2, pad: 0, addedTokens: [] });
const tail = '<|im_end|>\n<|im_start|>assistant\n';

test('understand: system, instruction, speech, tail, each text tokenised alone after its own bos', () => {
  const [system] = prompts.serving.understand as readonly [{ text: string }];
  assert.deepEqual(assemblePrompt(prompts.serving.understand, tokenizer, '谁在说话？'), [
    { kind: 'tokens', ids: [1, ...tokenizer.encode(system.text), 1, ...tokenizer.encode('谁在说话？')] },
    { kind: 'speech' },
    { kind: 'tokens', ids: [1, ...tokenizer.encode(tail)] },
  ]);
});

test('intent: the instruction has no bos, and everything is one stretch of tokens', () => {
  const [system] = prompts.serving.intent as readonly [{ text: string }];
  const [segment, ...others] = assemblePrompt(prompts.serving.intent, tokenizer, 'hello');
  assert.deepEqual(others, []);
  assert.deepEqual(segment, {
    kind: 'tokens',
    ids: [1, ...tokenizer.encode(system.text), ...tokenizer.encode('hello'), 1, ...tokenizer.encode(tail)],
  });
});

test('chat needs no instruction; a prompt with an instruction part does', () => {
  assert.equal(assemblePrompt(prompts.serving.chat, tokenizer).length, 3);
  assert.throws(() => assemblePrompt(prompts.serving.understand, tokenizer), /expected an instruction/);
});

test("upstream's strings stand as published: the typo, the missing space, the user header only where it belongs", () => {
  const systemOf = (parts: readonly PromptPart[]) => (parts[0] as { text: string }).text;
  const { serving, training } = prompts;
  assert.match(
    systemOf(serving.understand),
    /^<\|im_start\|>system\nYou are OSUM-chat, an audio understanding\. You can/,
  );
  assert.match(
    systemOf(serving.understand),
    /accurately and anaosum_echat2e paralinguistic .*responses\.First perform/,
  );
  assert.match(systemOf(training.understand), /assistant by ASLP Lab\. .* and analyze paralinguistic/);
  assert.ok(systemOf(serving.chat).endsWith('<|im_end|>\n<|im_start|>user\n'));
  assert.ok(systemOf(serving.intent).endsWith('tags.<|im_end|>\n'));
  assert.equal(systemOf(training.intent), `${systemOf(serving.intent)}<|im_start|>user\n`);
  assert.equal(systemOf(training.think), `${systemOf(serving.think)}<|im_start|>user\n`);
  assert.equal(prompts.intentPrompts.length, 21);
});

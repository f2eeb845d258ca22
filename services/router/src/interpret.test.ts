import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { MeshError } from '@osum/mesh';
import { Grammar, PlanSource, PromptMode, Task } from '@osum/proto';
import { failureOf, messagesOf, only, pcm16k, pcmBytes, tone } from './testing/calls.js';
import { byTags, type FakeMesh, startFakeMesh } from './testing/fake-mesh.js';

let mesh: FakeMesh;
before(async () => {
  mesh = await startFakeMesh({ planCacheEntries: 3 }, { intentPrefix: 'intent:' });
});
after(() => mesh.close());
beforeEach(() => {
  for (const decoder of mesh.decoders) {
    Object.assign(decoder, { script: byTags, refusals: [] });
    decoder.calls.length = 0;
  }
});

// Whatever was refused, the same server interprets a good instruction, and nothing is left over.
afterEach(async () => {
  for (const decoder of mesh.decoders) Object.assign(decoder, { script: byTags, refusals: [] });
  assert.equal((await planOf(`the words, ${performance.now()}`)).tags, '<asr>');
  await mesh.idle();
});

async function planOf(instruction: string) {
  const { plan } = await mesh.client.interpret({ instruction });
  return plan!;
}

test('an instruction becomes tags with a score, through the intent prompt under the tag grammar', async () => {
  for (const decoder of mesh.decoders) {
    decoder.script = () => [
      { text: '<asr>', probability: 0.9 },
      { text: '<gender>', probability: 0.5 },
    ];
  }
  const plan = await planOf('  who is it, and what do they say? ');
  assert.equal(plan.tags, '<asr><gender>');
  assert.deepEqual(plan.tasks, [Task.ASR, Task.GENDER]);
  assert.ok(Math.abs(plan.score - 0.45) < 1e-6);
  assert.equal(plan.source, PlanSource.INSTRUCTION);
  const [pass] = mesh.decoderCalls()[0]!.passes;
  assert.equal(pass?.mode, PromptMode.INTENT);
  assert.equal(pass?.grammar, Grammar.TAGS);
  assert.equal(pass?.instruction, 'intent:who is it, and what do they say?');
});

test('an interpretation is remembered, as long as there is room', async () => {
  const first = await planOf('words please');
  const again = await planOf('words please');
  assert.equal(again.source, PlanSource.CACHE);
  assert.deepEqual({ ...again, source: first.source }, first);
  assert.equal(mesh.decoderCalls().length, 1);
  for (const other of ['words 1', 'words 2', 'words 3']) await planOf(other);
  assert.equal((await planOf('words please')).source, PlanSource.INSTRUCTION);
  assert.match(await mesh.telemetry.registry.metrics(), /osum_router_plan_lookups_total\{result="hit"\} 1/);
});

test('Understand takes the plan of its instruction', async () => {
  const config = { wish: { case: 'instruction' as const, value: 'who speaks?' }, format: pcm16k };
  const messages = await messagesOf(mesh.client, config, pcmBytes(tone(1)));
  assert.equal(only(messages, 'plan')[0]?.tags, '<asr><gender>');
  assert.equal(only(messages, 'result')[0]?.result?.gender?.label, 'FEMALE');
  const passes = mesh.decoderCalls().flatMap((call) => call.passes);
  assert.equal(passes.at(-1)?.instruction, '<asr><gender>');
});

test('an interpretation is tried on another decoder when one is down', async () => {
  mesh.decoders[0].refusals = [new MeshError('draining', 'bye')];
  for (let i = 0; i < 2; i++) assert.equal((await planOf(`words, ${i}`)).tags, '<asr>');
  assert.deepEqual(mesh.decoders[0].refusals, []);
});

test('a decoder that prints no tags has refused the instruction', async () => {
  for (const decoder of mesh.decoders) decoder.script = () => [];
  const error = await failureOf(mesh.client.interpret({ instruction: 'translate it into French' }));
  assert.equal(error.code, status.FAILED_PRECONDITION);
  assert.match(error.details, /nothing that the model package can do; fake can do <asr>/);
});

test('an instruction that asks for nothing the package can do is refused, naming what it can', async () => {
  const error = await failureOf(mesh.client.interpret({ instruction: 'fold my laundry' }));
  assert.equal(error.code, status.FAILED_PRECONDITION);
  assert.equal(error.kind, 'unsupportedTask');
  assert.match(error.details, /fake can do <asr>, <align>, <chat>, <age>, <gender>, <emotion>\./);
});

test('empty and oversize instructions are refused, naming the field and the limit', async () => {
  for (const [instruction, says] of [
    ['', /expected what you want to know/],
    [' \n ', /expected what you want to know/],
    ['x'.repeat(100_000), /expected at most 8192 bytes, got 100000/],
  ] as const) {
    const error = await failureOf(mesh.client.interpret({ instruction }));
    assert.equal(error.code, status.INVALID_ARGUMENT);
    assert.match(error.details, says);
    assert.equal(error.violations[0]?.field, 'instruction');
  }
});

test('wrong tags are refused: unknown, twice, empty, and of unsupported tasks', async () => {
  for (const [tags, code, says] of [
    ['<smell>', status.INVALID_ARGUMENT, /unknown tag <smell>; known tags: <asr>/],
    ['<asr><asr>', status.INVALID_ARGUMENT, /given twice/],
    ['', status.INVALID_ARGUMENT, /got an empty string/],
    ['asr', status.INVALID_ARGUMENT, /expected nothing but task tags/],
    ['<asr><style>', status.FAILED_PRECONDITION, /cannot do <style>; fake can do <asr>/],
    ['<caption>', status.FAILED_PRECONDITION, /cannot do <caption>/],
  ] as const) {
    const config = { wish: { case: 'tags' as const, value: tags }, format: pcm16k };
    const error = await failureOf(messagesOf(mesh.client, config, pcmBytes(tone(1))));
    assert.equal(error.code, code, tags);
    assert.match(error.details, says);
  }
});

test('a model that is not served here is NOT_FOUND', async () => {
  for (const call of [
    () => mesh.client.interpret({ instruction: 'words', model: 'other' }),
    () => mesh.client.describe({ model: 'other' }),
    () =>
      messagesOf(mesh.client, { wish: { case: 'tags', value: '<asr>' }, model: 'other' }, pcmBytes(tone(1))),
  ]) {
    const error = await failureOf(call());
    assert.equal(error.code, status.NOT_FOUND);
    assert.match(error.details, /"other" is not served here; "fake" is/);
  }
  assert.equal((await mesh.client.describe({ model: 'fake' })).model, 'fake');
});

test('Describe tells tasks with labels and scores, combinations, encodings and limits', async () => {
  const description = await mesh.client.describe({});
  const asr = description.tasks.find(({ task }) => task === Task.ASR);
  assert.equal(asr?.tag, '<asr>');
  assert.equal(asr?.supported, true);
  assert.deepEqual(asr?.languages, ['en']);
  const [score] = asr!.scores;
  assert.deepEqual([score?.metric, score?.value, score?.dataset, score?.samples], ['wer', 0.4, 'dev', 40]);
  assert.equal(description.tasks.find(({ task }) => task === Task.STYLE)?.supported, false);
  assert.deepEqual(description.tasks.find(({ task }) => task === Task.AGE)?.untrainedLabels, ['OLD']);
  assert.ok(description.combinations.includes('<asr><gender>'));
  assert.equal(description.encodings.length, 6);
  assert.equal(description.limits?.maxUtteranceSeconds, 30);
  assert.equal(description.limits?.maxInstructionBytes, 8192);
});

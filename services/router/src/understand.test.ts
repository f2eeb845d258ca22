import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { MeshError } from '@osum/mesh';
import { FinishReason, PlanSource, PromptMode, Task, TaskFailure, WarningCode } from '@osum/proto';
import { failureOf, messagesOf, only, pcm16k, pcmBytes, tone } from './testing/calls.js';
import { byTags, type FakeMesh, startFakeMesh } from './testing/fake-mesh.js';

let mesh: FakeMesh;
before(async () => {
  mesh = await startFakeMesh();
});
after(() => mesh.close());
beforeEach(() => {
  for (const decoder of mesh.decoders) {
    Object.assign(decoder, {
      script: byTags,
      refusals: [],
      breakOff: undefined,
      tokenDelayMs: 0,
      finishReason: FinishReason.STOP,
    });
    decoder.calls.length = 0;
  }
  for (const features of mesh.features) {
    Object.assign(features, { failures: [], delayMs: 0 });
    features.calls.length = 0;
  }
});
afterEach(() => mesh.idle());

const clip = pcmBytes(tone(1.5));
const ask = (tags: string, audio = clip) =>
  messagesOf(mesh.client, { wish: { case: 'tags', value: tags }, format: pcm16k }, audio);
const resultOf = async (tags: string) => only(await ask(tags), 'result')[0]!.result!;

test('the messages come in the documented order', async () => {
  const messages = await ask('<asr><gender>');
  assert.deepEqual(
    messages.map((message) => (message.case === 'event' ? message.value.event.case : message.case)),
    [
      'plan',
      'utteranceStarted',
      'tags',
      'transcriptDelta',
      'transcriptDelta',
      'gender',
      'utteranceEnded',
      'result',
      'summary',
    ],
  );
  const [plan] = only(messages, 'plan');
  assert.equal(plan?.tags, '<asr><gender>');
  assert.deepEqual(plan?.tasks, [Task.ASR, Task.GENDER]);
  assert.equal(plan?.source, PlanSource.TAGS);
  assert.equal(plan?.score, 1);
  assert.equal(plan?.passes.length, 1);
  const [ended] = only(messages, 'utteranceEnded');
  assert.equal(ended?.endSeconds, 1.5);
  const [summary] = only(messages, 'summary');
  assert.equal(summary?.audioSeconds, 1.5);
  assert.equal(summary?.utterances, 1);
  assert.equal(summary?.usage?.generatedTokens, 6);
});

test('the result is typed, with confidence, timings and usage', async () => {
  mesh.decoders.forEach((decoder) => {
    decoder.script = () => [
      '<asr>',
      '<gender>',
      { text: 'hello', probability: 0.9 },
      { text: '<FEMALE>', probability: 0.8 },
    ];
  });
  const result = await resultOf('<asr><gender>');
  assert.equal(result.tags, '<asr><gender>');
  assert.equal(result.printedTags, '<asr><gender>');
  assert.equal(result.transcript?.text, 'hello');
  assert.ok(Math.abs(result.transcript!.confidence - 0.9) < 1e-6);
  assert.equal(result.gender?.label, 'FEMALE');
  assert.ok(Math.abs(result.gender!.confidence - 0.8) < 1e-6);
  assert.equal(result.gender?.status, undefined);
  assert.equal(result.age, undefined);
  assert.deepEqual(result.warnings, []);
  assert.equal(result.timings?.features?.queueSeconds, 0.1);
  assert.equal(result.timings?.adapter?.transferSeconds, 0.3);
  assert.equal(result.timings?.decoder?.computeSeconds, 2);
  assert.equal(result.timings?.decoder?.transferSeconds, 0.5);
  assert.ok(result.timings!.totalSeconds > 0);
  assert.equal(result.timings?.stages.length, 5);
  assert.equal(result.usage?.audioSeconds, 1.5);
  assert.equal(result.usage?.promptTokens, 5);
  // 24000 samples are 150 frames, 75 positions, 19 rows, and the two rows around them.
  assert.equal(result.usage?.speechRows, 21);
  assert.equal(mesh.decoderCalls()[0]?.speechRows, 21);
  assert.equal(result.passes[0]?.text, '<asr><gender>hello<FEMALE>');
});

test('word times come with the align tag', async () => {
  const messages = await ask('<asr><align>');
  const result = only(messages, 'result')[0]!.result!;
  assert.deepEqual(
    result.transcript?.words.map(({ text, startSeconds, endSeconds }) => [text, startSeconds, endSeconds]),
    [
      ['hello', 0.1, 0.4],
      ['world', 0.5, 0.9],
    ],
  );
  assert.equal(only(messages, 'event').filter(({ event }) => event.case === 'word').length, 2);
});

test('a chat pass has the chat prompt, and only it is sampled', async () => {
  const config = {
    wish: { case: 'tags' as const, value: '<chat><gender>' },
    format: pcm16k,
    generation: { sampling: { temperature: 0.5, seed: 7n }, maxNewTokens: 50 },
  };
  const messages = await messagesOf(mesh.client, config, clip);
  assert.equal(only(messages, 'result')[0]?.result?.reply?.text, 'hi there');
  const passes = mesh.decoderCalls()[0]!.passes;
  assert.deepEqual(
    passes.map(({ mode, sampling, maxNewTokens }) => [mode, sampling?.temperature, maxNewTokens]),
    [
      [PromptMode.CHAT, 0.5, 50],
      [PromptMode.UNDERSTAND, undefined, 50],
    ],
  );
});

test('an untrained combination is fanned out over one encoded utterance, and merged', async () => {
  const result = await resultOf('<emotion><asr><age>');
  assert.equal(result.tags, '<emotion><asr><age>');
  assert.equal(result.transcript?.text, 'hello world');
  assert.equal(result.emotion?.label, 'HAPPY');
  assert.equal(result.age?.label, 'ADULT');
  assert.equal(result.passes.length, 3);
  assert.deepEqual(
    result.warnings.map(({ code }) => code),
    [WarningCode.FANNED_OUT],
  );
  assert.equal(mesh.decoderCalls().length, 1);
  assert.equal(mesh.features.flatMap(({ calls }) => calls).length, 1);
});

test('other tags than asked for are a warning and a counter', async () => {
  mesh.decoders.forEach((decoder) => {
    decoder.script = () => ['<age>', '<ADULT>'];
  });
  const result = await resultOf('<gender>');
  assert.equal(result.printedTags, '<age>');
  assert.equal(result.gender?.status?.failure, TaskFailure.NOT_PRINTED);
  assert.equal(result.age, undefined);
  assert.equal(result.warnings[0]?.code, WarningCode.TAG_MISMATCH);
  assert.match(
    await mesh.telemetry.registry.metrics(),
    /osum_router_tag_mismatches_total\{tags="<gender>"\} 1/,
  );
});

test("one task's failure leaves the others' results", async () => {
  mesh.decoders.forEach((decoder) => {
    decoder.script = () => ['<asr>', '<gender>', 'hello', '<GREEN>'];
  });
  const result = await resultOf('<asr><gender>');
  assert.equal(result.transcript?.text, 'hello');
  assert.equal(result.transcript?.status, undefined);
  assert.equal(result.gender?.label, '');
  assert.equal(result.gender?.status?.failure, TaskFailure.UNKNOWN_LABEL);
  assert.ok(result.warnings.some(({ code }) => code === WarningCode.UNPARSED_OUTPUT));
});

test('output that fits no task makes one warning a pass, however much there is', async () => {
  mesh.decoders.forEach((decoder) => {
    decoder.script = () => ['<gender>', '<MALE>', ...Array<string>(50).fill('<FEMALE>')];
  });
  const result = await resultOf('<gender>');
  const unparsed = result.warnings.filter(({ code }) => code === WarningCode.UNPARSED_OUTPUT);
  assert.equal(unparsed.length, 1);
  assert.match(unparsed[0]!.message, /^"<FEMALE>": .* 49 more pieces/);
});

test('a label that the package was not trained on is not given', async () => {
  mesh.decoders.forEach((decoder) => {
    decoder.script = () => ['<age>', '<OLD>'];
  });
  const messages = await ask('<age>');
  const { age } = only(messages, 'result')[0]!.result!;
  assert.equal(age?.status?.failure, TaskFailure.UNKNOWN_LABEL);
  assert.match(age!.status!.message, /not trained on/);
  assert.ok(only(messages, 'event').every(({ event }) => event.case !== 'age'));
});

for (const [reason, says] of [
  [FinishReason.LENGTH, 'reached the limit on new tokens'],
  [FinishReason.REPETITION, 'repeated itself and was stopped'],
] as const) {
  test(`an answer that ${says} is given as far as it goes, and says so`, async () => {
    mesh.decoders.forEach((decoder) => {
      decoder.script = () => ['<asr>', '<gender>', 'hello'];
      decoder.finishReason = reason;
    });
    const result = await resultOf('<asr><gender>');
    assert.equal(result.transcript?.text, 'hello');
    for (const { status } of [result.transcript!, result.gender!]) {
      assert.equal(status?.failure, TaskFailure.TRUNCATED);
      assert.equal(status?.message, `The answer ${says}.`);
    }
    assert.equal(result.warnings[0]?.code, WarningCode.TRUNCATED);
    assert.equal(result.warnings[0]?.message, `The answer to <asr><gender> ${says}.`);
  });
}

test('a refused utterance is refused before any header, with the pushback of the stage', async () => {
  mesh.decoders[0].refusals = [new MeshError('memoryFull', 'no blocks', { pushbackMs: 321 })];
  mesh.decoders[1].refusals = [new MeshError('memoryFull', 'no blocks', { pushbackMs: 321 })];
  let headers = 0;
  const config = { wish: { case: 'tags' as const, value: '<asr>' }, format: pcm16k };
  const options = { onHeader: () => void headers++ };
  const error = await failureOf(messagesOf(mesh.client, config, clip, options));
  assert.equal(error.code, status.RESOURCE_EXHAUSTED);
  assert.equal(error.pushbackMs, 321);
  assert.equal(headers, 0);
});

test('an utterance is tried on other instances while nothing was printed', async () => {
  mesh.decoders[0].refusals = [new MeshError('draining', 'bye')];
  mesh.features[0].failures = [new MeshError('stageUnreachable', 'the encoder is gone')];
  // Instances are taken in turn, so four utterances meet both faults.
  for (let i = 0; i < 4; i++) assert.equal((await resultOf('<asr>')).transcript?.text, 'hello world');
  assert.deepEqual([mesh.decoders[0].refusals, mesh.features[0].failures], [[], []]);
  assert.match(await mesh.telemetry.registry.metrics(), /osum_router_utterance_retries_total 2/);
});

test('the second failure is the answer', async () => {
  for (const decoder of mesh.decoders) decoder.refusals = [new MeshError('draining', 'bye')];
  const error = await failureOf(ask('<asr>'));
  assert.equal(error.code, status.UNAVAILABLE);
  assert.equal(error.kind, 'draining');
  assert.equal(mesh.decoderCalls().length, 2);
});

test('a failure after something was printed is not retried, and fails with the status of the stage', async () => {
  mesh.decoders.forEach((decoder) => {
    decoder.breakOff = { afterTokens: 2, error: new MeshError('deviceLost', 'the device failed') };
  });
  const error = await failureOf(ask('<asr>'));
  assert.equal(error.code, status.UNAVAILABLE);
  assert.equal(error.kind, 'deviceLost');
  assert.equal(mesh.decoderCalls().length, 1);
});

test('passes that are over keep their results when the session breaks in a later one', async () => {
  mesh.decoders.forEach((decoder) => {
    decoder.breakOff = { afterTokens: 4, error: new MeshError('deviceLost', 'the device failed') };
  });
  const result = await resultOf('<emotion><asr>');
  assert.equal(result.transcript?.text, 'hello world');
  assert.equal(result.transcript?.status, undefined);
  assert.equal(result.emotion?.status?.failure, TaskFailure.PASS_FAILED);
  assert.match(result.emotion!.status!.message, /the device failed/);
});

test('the status of a stage in the chain reaches the caller, not the session that it ended', async () => {
  mesh.features.forEach((features) => {
    features.failures = [new MeshError('badTensor', 'not what I expected')];
  });
  const error = await failureOf(ask('<asr>'));
  assert.equal(error.kind, 'badTensor');
  assert.equal(error.code, status.INVALID_ARGUMENT);
});

test('a deadline that passes while the decoder prints frees its session', async () => {
  mesh.decoders.forEach((decoder) => {
    decoder.tokenDelayMs = 500;
  });
  const config = { wish: { case: 'tags' as const, value: '<asr>' }, format: pcm16k };
  const error = await failureOf(messagesOf(mesh.client, config, clip, { timeoutMs: 300 }));
  assert.equal(error.code, status.DEADLINE_EXCEEDED);
  await mesh.idle();
});

test('a client that leaves frees all work, whatever was going on', async () => {
  for (const [delayMs, tokenDelayMs] of [
    [300, 0],
    [0, 300],
  ] as const) {
    mesh.features.forEach((features) => {
      features.delayMs = delayMs;
    });
    mesh.decoders.forEach((decoder) => {
      decoder.tokenDelayMs = tokenDelayMs;
    });
    const leave = new AbortController();
    const config = { wish: { case: 'tags' as const, value: '<asr>' }, format: pcm16k };
    const call = messagesOf(mesh.client, config, clip, { signal: leave.signal });
    await new Promise((resolve) => setTimeout(resolve, 150));
    leave.abort();
    await assert.rejects(call);
    await mesh.idle();
  }
});

test('the tenant reaches the decoder', async () => {
  const config = { wish: { case: 'tags' as const, value: '<asr>' }, format: pcm16k };
  await messagesOf(mesh.client, config, clip, { tenant: 'acme' });
  assert.equal(mesh.decoderCalls()[0]?.tenant, 'acme');
});

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { RunningGateway } from '../serve-gateway.js';
import { type FakeRouter, startFakeRouter, twoUtterances } from '../testing/fake-router.js';
import {
  eventsOf,
  inputAudio,
  jsonOf,
  type OpenAiClient,
  openAiClient,
  question,
  recording,
  refusalOf,
} from '../testing/openai-client.js';
import { startGateway } from '../testing/start-gateway.js';

describe("answers of OpenAI's door", () => {
  let router: FakeRouter;
  let gateway: RunningGateway;
  let client: OpenAiClient;
  before(async () => {
    router = await startFakeRouter();
    gateway = await startGateway(router.address);
    client = openAiClient(gateway);
  });
  afterEach(() => {
    router.script = twoUtterances;
  });
  after(async () => {
    await gateway.drain();
    router.close();
  });

  it('lists the model that is served', async () => {
    const entry = { id: 'fake', object: 'model', created: 0, owned_by: 'osum-mesh' };
    assert.deepEqual(await (await client.request('/models')).json(), { object: 'list', data: [entry] });
    assert.deepEqual(await (await client.request('/models/fake')).json(), entry);
    const { status, code } = await refusalOf(await client.request('/models/other'));
    assert.deepEqual([status, code], [404, 'model_not_found']);
  });

  it('writes a transcript in each format', async () => {
    const written = async (format: string) => {
      const response = await client.transcribe({ model: 'fake', language: 'en', response_format: format });
      assert.equal(response.status, 200);
      return response.text();
    };
    const usage = { type: 'duration', seconds: 4 };
    assert.deepEqual(JSON.parse(await written('json')), { text: 'hello there again', usage });
    assert.equal(await written('text'), 'hello there again\n');
    const cues = '1\n00:00:00,500 --> 00:00:01,500\nhello there\n\n2\n00:00:02,000 --> 00:00:03,250\nagain\n';
    assert.equal(await written('srt'), cues);
    assert.equal(await written('vtt'), `WEBVTT\n\n${cues.replaceAll(',', '.')}`);
    const verbose = JSON.parse(await written('verbose_json'));
    assert.deepEqual(
      [verbose.language, verbose.duration, verbose.text, verbose.words, verbose.usage],
      ['en', 4, 'hello there again', undefined, usage],
    );
    assert.equal(verbose.segments.length, 2);
    const { start, end, text, avg_logprob, no_speech_prob } = verbose.segments[1];
    assert.deepEqual([start, end, text, no_speech_prob], [2, 3.25, 'again', null]);
    assert.equal(avg_logprob, Math.log(0.5));
    assert.deepEqual(router.last.config.wish, { case: 'tags', value: '<asr>' });
    assert.equal(router.last.config.model, 'fake');
    assert.deepEqual(router.last.audio, recording);
  });

  it('gives word times and typed results where they are asked for', async () => {
    const words = { response_format: 'verbose_json', 'timestamp_granularities[]': 'word' };
    const verbose = await jsonOf(await client.transcribe(words));
    assert.deepEqual(router.last.config.wish, { case: 'tags', value: '<asr><align>' });
    assert.deepEqual(verbose.words[2], { word: 'again', start: 2, end: 2.5 });
    assert.equal(verbose.segments, undefined);
    const typed = await jsonOf(await client.transcribe({ osum_tags: '<asr><age>' }));
    assert.equal(typed.text, 'hello there again');
    assert.deepEqual(typed.osum[1].age, { label: 'CHILD', confidence: 0.75 });
  });

  it('streams a transcript', async () => {
    const received = await eventsOf(await client.transcribe({ stream: 'true' }));
    const deltas = received.slice(0, -1).map(({ type, delta }) => [type, delta]);
    assert.deepEqual(deltas, [
      ['transcript.text.delta', 'hello'],
      ['transcript.text.delta', ' there'],
      ['transcript.text.delta', ' again'],
    ]);
    assert.deepEqual(received.at(-1), {
      type: 'transcript.text.done',
      text: 'hello there again',
      usage: {
        type: 'tokens',
        input_tokens: 40,
        input_token_details: { text_tokens: 10, audio_tokens: 30 },
        output_tokens: 7,
        total_tokens: 47,
      },
    });
  });

  it('answers a chat about a recording, whole and as a stream with the same text', async () => {
    router.script = async function* (_config, audio, context) {
      yield* twoUtterances({ wish: { case: 'tags', value: '<asr><age>' } } as never, audio, context);
    };
    const response = await client.chat(question('what is said, and how old are they?'));
    assert.equal(response.status, 200);
    const completion = await jsonOf(response);
    const content = 'hello there<ADULT>\nagain<CHILD>';
    const [choice] = completion.choices;
    assert.deepEqual(choice.message, { role: 'assistant', content, refusal: null });
    assert.equal(choice.finish_reason, 'stop');
    assert.deepEqual(completion.usage, {
      prompt_tokens: 40,
      prompt_tokens_details: { audio_tokens: 30 },
      completion_tokens: 7,
      total_tokens: 47,
    });
    assert.equal(completion.osum[0].age.label, 'ADULT');
    assert.deepEqual(router.last.config.wish, {
      case: 'instruction',
      value: 'what is said, and how old are they?',
    });
    assert.deepEqual(router.last.audio, recording);

    const streamOptions = { stream: true, stream_options: { include_usage: true } };
    const chunks = await eventsOf(await client.chat(question('what is said?'), streamOptions));
    assert.equal(chunks.pop(), '[DONE]');
    const { choices, usage } = chunks.pop();
    assert.deepEqual([choices, usage], [[], completion.usage]);
    assert.equal(chunks.map(({ choices: [one] }) => one.delta.content ?? '').join(''), content);
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
    assert.equal(chunks.at(-1).osum.length, 2);
  });

  it('takes tags, the instruction of the system message, or the recording as the question', async () => {
    const url = {
      type: 'audio_url',
      audio_url: { url: `data:audio/wav;base64,${recording.toString('base64')}` },
    };
    const system = { role: 'system', content: 'transcribe' };
    await client.chat(null, { messages: [system, { role: 'user', content: [url] }] });
    assert.deepEqual(router.last.config.wish, { case: 'instruction', value: 'transcribe' });
    assert.deepEqual(router.last.audio, recording);
    await client.chat([inputAudio()]);
    assert.deepEqual(router.last.config.wish, { case: 'tags', value: '<chat>' });
    await client.chat(question('transcribe'), { osum_tags: '<age>' });
    assert.deepEqual(router.last.config.wish, { case: 'tags', value: '<age>' });
  });
});

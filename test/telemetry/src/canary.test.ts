import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { createOsumClient, OsumError } from '@osum/client';
import { freePorts } from '@osum/deploy';
import { findSpeech, spokenWav } from './audio-canary.js';
import { type OsumProcess, startOsum } from './tools/osum-process.js';
import { type OtlpReceiver, startOtlpReceiver } from './tools/otlp-receiver.js';
import { inRepository } from './tools/repository.js';
import { until } from './tools/until.js';

const recording = inRepository('test/recordings/hold-fast.ogg');
const instruction = 'Please write down what is said, dear zanzibarcanary.';
const canary = 'canary';
const refused = (error: unknown) => error instanceof OsumError;

for (const captureContent of [false, true]) {
  describe(captureContent ? 'with --capture-content' : 'without --capture-content', () => {
    let receiver: OtlpReceiver;
    let mesh: OsumProcess;
    let gateway: OsumProcess;
    const processes: OsumProcess[] = [];
    let metrics: string;
    let transcript: string;

    before(async () => {
      receiver = await startOtlpReceiver();
      const flags = captureContent ? ['--capture-content'] : [];
      const sinks = ['--log-level', 'debug', '--otlp-endpoint', receiver.grpcUrl, ...flags];
      const env = { OTEL_BSP_SCHEDULE_DELAY: '100' };
      const [operations] = (await freePorts(1)).map((port) => `127.0.0.1:${port}`) as [string];
      const up = ['up', '--listen', '127.0.0.1:0', '--operations', operations, ...sinks];
      const started = await startOsum(up, /mesh ready at .*?(127\.0\.0\.1:\d+)/, env);
      mesh = started;
      processes.push(mesh);
      const router = started.match[1]!;
      const doors = ['--router', router, '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
      const served = await startOsum(
        ['serve', 'gateway', ...doors, ...sinks],
        /"httpAddress":"([^"]+)"/,
        env,
      );
      gateway = served;
      processes.push(gateway);
      transcript = await ask(router);
      await askByHttp(`http://${served.match[1]}`);
      metrics = await (await fetch(`http://${operations}/metrics`)).text();
      for (const process of processes.toReversed()) await process.end();
      await until(
        () => receiver.spans().some(({ name }) => name.startsWith('POST ')) || undefined,
        () => 'the spans of the gateway did not come',
      );
    });
    after(async () => {
      for (const process of processes) await process.end();
      await receiver.close();
    });

    const longestWord = () => transcript.split(' ').toSorted((a, b) => b.length - a.length)[0]!;

    it('traces, logs and metrics were made, so that there is something to search', () => {
      assert.ok(longestWord().length >= 5, transcript);
      assert.ok(receiver.spans().length > 50);
      assert.match(mesh.log(), /"msg":"utterance answered"/);
      assert.match(mesh.log(), /"msg":"call refused"/);
      assert.match(gateway.log(), /"msg":"HTTP request refused"/);
      assert.match(metrics, /osum_router_utterances_total\{outcome="answered"\} [1-9]/);
    });

    it('every log line is JSON, and all those of calls carry a trace that was exported', () => {
      const traces = new Set(receiver.spans().map(({ traceId }) => traceId));
      const lines = `${mesh.log()}${gateway.log()}`.trim().split('\n');
      const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      // Probes leave no spans.
      const ofCalls = logged.filter(
        ({ rpc, httpStatus }) => httpStatus !== undefined || !String(rpc ?? 'grpc.').startsWith('grpc.'),
      );
      const messages = new Set(ofCalls.map(({ msg }) => msg));
      for (const msg of ['call ended', 'call refused', 'utterance answered', 'HTTP request refused']) {
        assert.ok(messages.has(msg), `${msg}: ${[...messages]}`);
      }
      for (const line of ofCalls) assert.ok(traces.has(String(line.trace_id)), JSON.stringify(line));
    });

    it(`${captureContent ? 'instructions and transcripts are' : 'no instruction and no transcript is'} in traces and logs`, () => {
      const sinks = { traces: receiver.text(), log: mesh.log() };
      for (const [sink, text] of Object.entries(sinks)) {
        for (const content of [instruction, longestWord()]) {
          assert.equal(text.includes(content), captureContent, `${content} in the ${sink}`);
        }
      }
      if (captureContent) return;
      const all = `${receiver.text()}${mesh.log()}${gateway.log()}${metrics}`;
      const found = all.split('\n').filter((line) => line.includes(canary) || line.includes(transcript));
      assert.deepEqual(found, []);
    });

    it('audio is nowhere, and no metric holds words', () => {
      const sinks = { traces: receiver.text(), mesh: mesh.log(), gateway: gateway.log(), metrics };
      for (const [sink, text] of Object.entries(sinks)) assert.equal(findSpeech(text), undefined, sink);
      assert.ok(!metrics.includes(canary) && !metrics.includes(longestWord()));
    });
  });
}

/** Calls that hold the canary in every field that holds words, good and bad. Gives the transcript of the recording. */
async function ask(router: string): Promise<string> {
  const client = createOsumClient({ address: router });
  const stranger = createOsumClient({ address: router, model: canary });
  const audio = recording;
  try {
    const understood = await client.understand({ audio, instruction });
    await client.understand({ audio, instruction });
    await client.understand({ audio, tags: '<asr>' });
    await client.understand({
      audio,
      instruction,
      live: { partialInterval: { seconds: 0n, nanos: 200_000_000 } },
    });
    await client.interpret(`${instruction} Thank you.`);
    for (const live of [{}, { live: {} }]) {
      const { utterances } = await client.understand({ audio: spokenWav, tags: '<asr>', ...live });
      assert.ok(utterances.length > 0, 'the speech was heard');
    }
    await assert.rejects(
      client.understand({ audio: spokenWav.subarray(0, 1000), tags: `<${canary}>` }),
      refused,
    );
    await assert.rejects(client.understand({ audio: spokenWav.subarray(100), tags: '<asr>' }), refused);
    await assert.rejects(client.understand({ audio, tags: `<asr><${canary}>` }), refused);
    await assert.rejects(client.understand({ audio, tags: `${canary} <asr>` }), refused);
    await assert.rejects(client.understand({ audio, instruction: canary.repeat(5000) }), refused);
    await assert.rejects(
      client.understand({ audio: Buffer.from(canary.repeat(1000)), instruction }),
      refused,
    );
    await assert.rejects(stranger.describe(), refused);
    return understood.utterances.map(({ result }) => result?.transcript?.text ?? '').join(' ');
  } finally {
    client.close();
    stranger.close();
  }
}

/** The same at the HTTP door. */
async function askByHttp(url: string): Promise<void> {
  const bytes = await readFile(recording);
  const form = (fields: Record<string, string>, audio: Uint8Array = bytes) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    body.set('file', new Blob([audio]), `${canary}.ogg`);
    return { method: 'POST', body };
  };
  const chat = (text: string, data: string) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'osum-nano',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text },
            { type: 'input_audio', input_audio: { data, format: 'wav' } },
          ],
        },
      ],
    }),
  });
  const transcriptions = `${url}/v1/audio/transcriptions`;
  const completions = `${url}/v1/chat/completions`;
  const statuses: number[] = [];
  for (const [address, request] of [
    [transcriptions, form({ model: 'osum-nano', prompt: instruction })],
    [transcriptions, form({ model: 'osum-nano' }, spokenWav)],
    [transcriptions, form({ model: 'osum-nano' }, spokenWav.subarray(100))],
    [transcriptions, form({ model: canary })],
    [transcriptions, form({ model: 'osum-nano', response_format: canary })],
    [completions, chat(instruction, bytes.toString('base64'))],
    [completions, chat(instruction, spokenWav.toString('base64'))],
    [completions, chat(instruction, spokenWav.toString('base64').replace(/(.{40})/, '*$1'))],
    [completions, chat(instruction, `${canary} is no base64`)],
    [completions, { ...chat('', ''), body: `{"messages": "${canary}` }],
    [`${url}/v1/${canary}?q=${canary}`, {}],
  ] as const) {
    statuses.push((await fetch(address, request)).status);
  }
  assert.ok(statuses.includes(200) && statuses.includes(400), statuses.join());
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { EncodeRequestSchema, SpeechEncoder } from '@osum/proto';
import { openKeyStore } from '../security/key-store.js';
import { keyStoreServerCredentials } from '../security/server-credentials.js';
import { MeshError } from '../status/mesh-error.js';
import { statusTable } from '../status/status-table.js';
import { type EchoClient, echoClient, startEchoStage, telemetry } from '../testing/echo-stage.js';
import { createMeshAuthority } from '../testing/mesh-authority.js';
import { refusedWith } from '../testing/refused-with.js';
import { bindService } from './bind-service.js';
import type { RunningServer } from './server.js';

const pace = { firstMs: 300, gapMs: 200, totalMs: 700 };

let server: RunningServer;
let good: EchoClient;
let session: ClientHttp2Session;

before(async () => {
  server = await startEchoStage({ limits: { pace, maxHeaderBytes: 4096 } });
  good = echoClient(server.address);
  session = connect(`http://${server.address}`);
});
after(() => {
  session.destroy();
  good.close();
  server.abort();
});

/** A call of Encode of which the test sends every byte. */
function rawCall(): ClientHttp2Stream {
  return session.request({
    ':method': 'POST',
    ':path': '/osum.v1.SpeechEncoder/Encode',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
}

/** The status that ends a raw call. */
async function endOf(stream: ClientHttp2Stream): Promise<{ status: string; message: string }> {
  stream.resume();
  // Without a message before it, the status comes with the headers.
  const ends = ['response', 'trailers'].map(async (event) => {
    for (;;) {
      const [headers] = await once(stream, event);
      if (headers['grpc-status'] !== undefined) return headers;
    }
  });
  const headers = await Promise.race(ends);
  return { status: headers['grpc-status'], message: decodeURIComponent(headers['grpc-message']) };
}

const message = toBinary(
  EncodeRequestSchema,
  create(EncodeRequestSchema, { request: { case: 'config', value: {} } }),
);
const framed = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);

async function stalled(stream: ClientHttp2Stream, says: RegExp): Promise<void> {
  const { status, message } = await endOf(stream);
  assert.equal(Number(status), statusTable.requestStalled.code);
  assert.match(message, says);
  stream.destroy();
  assert.equal(await good.call({ tenant: 'acme' }), 'acme');
}

test('a call that sends headers and then nothing is ended', async () => {
  await stalled(rawCall(), /^No message came within 300 ms/);
});

test('a message that drips in byte by byte counts as none', async () => {
  const stream = rawCall();
  const drip = setInterval(() => stream.write(Buffer.from([0])), 100);
  await stalled(stream, /^No message came within 300 ms/);
  clearInterval(drip);
});

test('a pause between messages is ended', async () => {
  const stream = rawCall();
  stream.write(framed);
  await stalled(stream, /^No message came within 200 ms/);
});

test('messages that each come just in time are ended all the same', async () => {
  const stream = rawCall();
  const drip = setInterval(() => stream.write(framed), 120);
  await stalled(stream, /took longer than the 700 ms that the server waits for all of them/);
  clearInterval(drip);
});

test('a server that sets no bounds waits for messages as long as it takes', async () => {
  const endless = { firstMs: Infinity, gapMs: Infinity, totalMs: Infinity };
  const patient = await startEchoStage({ limits: { pace: endless } });
  const client = echoClient(patient.address);
  async function* late() {
    await sleep(400);
    yield { request: { case: 'config' as const, value: {} } };
  }
  let answers = 0;
  for await (const _ of client.client.encode(late())) answers += 1;
  assert.equal(answers, 1);
  client.close();
  patient.abort();
});

test('a call whose answers nobody reads is given up, with all that it holds', async (t) => {
  let given: unknown;
  let close: (answers: number) => void = () => {};
  const closed = new Promise<number>((resolve) => {
    close = resolve;
  });
  const services = [
    bindService(SpeechEncoder, {
      async *encode(_requests, { signal }) {
        let answers = 0;
        signal.addEventListener('abort', () => {
          given = signal.reason;
        });
        try {
          for (;;) {
            answers += 1;
            const data = new Uint8Array(100_000);
            yield { response: { case: 'frame', value: { frame: { case: 'chunk', value: { data } } } } };
          }
        } finally {
          close(answers);
        }
      },
    }),
  ];
  const unread = await startEchoStage({ services, limits: { maxUnreadMs: 200 } });
  const idle = connect(`http://${unread.address}`);
  t.after(() => {
    idle.destroy();
    unread.abort();
  });
  // A stream that is never read: its window fills, and no more is asked for.
  const stream = idle.request({
    ':method': 'POST',
    ':path': '/osum.v1.SpeechEncoder/Encode',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.pause();
  stream.end(framed);
  const answers = await closed;
  assert.ok(answers < 1000, `${answers} answers were made for nobody`);
  assert.ok(given instanceof MeshError && given.kind === 'requestStalled', String(given));
  assert.match(given.message, /not read for 200 ms/);
  const { status } = await endOf(stream);
  assert.equal(Number(status), statusTable.requestStalled.code);
});

test('headers above the limit are refused with the limit, for good', async () => {
  const headers = { 'x-large': 'a'.repeat(5000) };
  const error = await refusedWith(good.call({ headers }), 'headersTooLarge', /bytes, more than the 4096/);
  assert.equal(error.facts.limitBytes, '4096');
  assert.equal(error.pushbackMs, -1);
  assert.equal(await good.call({ headers: { 'x-small': 'a'.repeat(500) } }), 'default');
});

test('many small headers count like large ones', async () => {
  const headers = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'a'.repeat(10)]));
  await refusedWith(good.call({ headers }), 'headersTooLarge', /more than the 4096/);
  assert.equal(await good.call(), 'default');
});

test('headers beyond what HTTP/2 itself takes end the connection that sent them, and no other', async () => {
  const flood = connect(`http://${server.address}`, { maxSendHeaderBlockLength: 2 ** 20 });
  const stream = flood.request({
    ':method': 'POST',
    ':path': '/osum.v1.SpeechEncoder/Encode',
    x: 'a'.repeat(300_000),
  });
  stream.on('error', () => {});
  flood.on('error', () => {});
  await new Promise((resolve) => flood.on('close', resolve));
  assert.equal(session.closed, false);
  assert.equal(await good.call(), 'default');
});

test('a connection that never completes its TLS handshake is hung up on', async (t) => {
  const ours = await createMeshAuthority();
  const { tlsCert, tlsKey, tlsCa } = await ours.issue('encoder', {
    spiffeId: 'spiffe://mesh.example/encoder',
  });
  const files = { certificate: tlsCert!, privateKey: tlsKey!, authorities: tlsCa };
  const store = await openKeyStore({ files, reloadMs: 60_000, telemetry, use: 'mesh' });
  const secure = await startEchoStage({ credentials: keyStoreServerCredentials(store, 'required', 150) });
  t.after(async () => {
    store.close();
    secure.abort();
    await ours.remove();
  });
  const socket = connectTcp(Number(secure.address.split(':')[1]), '127.0.0.1');
  socket.write(Buffer.from([0x16, 0x03, 0x01]));
  await once(socket.resume(), 'close');
});

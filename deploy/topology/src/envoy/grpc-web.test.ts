import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { MeshError } from '@osum/mesh';
import { SpeechUnderstanding } from '@osum/proto';
import { type Fronted, startFronted } from '../testing/fronted.js';

const origin = 'https://app.example';
let fronted: Fronted;
before(async () => {
  fronted = await startFronted({ browserOrigins: [origin] });
});
after(() => fronted?.end());

const client = () =>
  createClient(SpeechUnderstanding, createGrpcWebTransport({ baseUrl: `http://${fronted.door}` }));
const preflight = (from: string) =>
  fetch(`http://${fronted.door}/${SpeechUnderstanding.typeName}/Interpret`, {
    method: 'OPTIONS',
    headers: {
      origin: from,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-grpc-web,x-user-agent',
    },
  });

test('a unary call by gRPC-Web is answered', async () => {
  const response = await client().describe({});
  assert.equal(response.$typeName, 'osum.v1.DescribeResponse');
});

test('a refusal reaches a gRPC-Web client with its status and sentence', async () => {
  fronted.behaviour.before = () => {
    throw new MeshError('unknownModel', 'no such model');
  };
  await assert.rejects(client().interpret({ instruction: 'x' }), (error) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.NotFound);
    assert.equal(error.rawMessage, 'no such model');
    return true;
  });
  delete fronted.behaviour.before;
});

test('a page of a configured origin may call, and read statuses', async () => {
  const { headers } = await preflight(origin);
  assert.equal(headers.get('access-control-allow-origin'), origin);
  assert.match(headers.get('access-control-allow-headers') ?? '', /x-grpc-web/);
  const answer = await fetch(`http://${fronted.door}/${SpeechUnderstanding.typeName}/Describe`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/grpc-web+proto' },
    body: new Uint8Array(5),
  });
  assert.equal(answer.headers.get('access-control-allow-origin'), origin);
  assert.match(answer.headers.get('access-control-expose-headers') ?? '', /grpc-status/);
});

test('a page of another origin may not', async () => {
  const { headers } = await preflight('https://evil.example');
  assert.equal(headers.get('access-control-allow-origin'), null);
});

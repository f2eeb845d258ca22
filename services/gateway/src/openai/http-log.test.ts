import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { createTelemetry, MeshError } from '@osum/mesh';
import { createMeshAuthority, type MeshAuthority } from '@osum/mesh/testing';
import type { RunningGateway } from '../serve-gateway.js';
import { type FakeRouter, startFakeRouter } from '../testing/fake-router.js';
import { recording } from '../testing/openai-client.js';
import { startGateway } from '../testing/start-gateway.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traced = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };

describe('what the HTTP door logs of a request names its trace', () => {
  let router: FakeRouter;
  let ours: MeshAuthority;
  let lines: Record<string, unknown>[];
  before(async () => {
    router = await startFakeRouter();
    ours = await createMeshAuthority();
  });
  after(async () => {
    router.close();
    await ours.remove();
  });

  /** A gateway whose log lines are in `lines`. */
  function logging(config: Parameters<typeof startGateway>[1] = {}): Promise<RunningGateway> {
    lines = [];
    const logDestination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    return startGateway(router.address, config, createTelemetry({ name: 'gateway', logDestination }));
  }

  function assertLogged(message: string, httpStatus: number) {
    const line = lines.find(({ msg }) => msg === message);
    assert.deepEqual([line?.httpStatus, line?.trace_id], [httpStatus, traceId], JSON.stringify(lines));
  }

  const post = (gateway: RunningGateway) => {
    const body = new FormData();
    body.set('file', new Blob([recording]), 'a.wav');
    const url = `http://${gateway.httpAddress}/v1/audio/transcriptions`;
    return fetch(url, { method: 'POST', body, headers: traced });
  };

  it('where the path is none', async () => {
    const gateway = await logging();
    await fetch(`http://${gateway.httpAddress}/v1/nothing`, { headers: traced });
    assertLogged('HTTP request refused', 404);
    await gateway.drain();
  });

  it('where the mesh fails', async () => {
    const gateway = await logging();
    // biome-ignore lint/correctness/useYield: a failure yields nothing
    router.script = async function* () {
      throw new MeshError('internal', 'no');
    };
    await post(gateway);
    assertLogged('HTTP request failed inside', 500);
    await gateway.drain();
  });

  it('where the caller is not let in', async () => {
    const tls = await ours.issue('gateway', { hosts: ['localhost'] }, {});
    const gateway = await logging(tls);
    const [, port] = gateway.httpAddress.split(':');
    const ca = ours.authority.certificate;
    const sent = get({ host: 'localhost', port, path: '/v1/models', ca, agent: false, headers: traced });
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    assertLogged('HTTP request refused', 401);
    await gateway.drain();
  });
});

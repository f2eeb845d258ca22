import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHealthRegistry } from '../health/health-registry.js';
import { counter } from './metrics.js';
import { startOperationsEndpoint } from './operations-endpoint.js';
import { createTelemetry } from './telemetry.js';

test('metrics, liveness and readiness are served over HTTP', async () => {
  const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });
  const registry = createHealthRegistry(['a']);
  const endpoint = await startOperationsEndpoint({ listen: '127.0.0.1:0', telemetry, health: [registry] });
  const get = async (path: string) => {
    const response = await fetch(`http://${endpoint.address}${path}`);
    return { code: response.status, text: await response.text() };
  };
  try {
    const config = { name: 'osum_test_total', help: 'A counter.' };
    counter(telemetry, config).inc(3);
    counter(telemetry.child('other'), config).inc(4);
    const { code, text } = await get('/metrics');
    assert.equal(code, 200);
    assert.match(text, /^osum_test_total 7$/m);
    assert.match(text, /nodejs_eventloop_lag_p99_seconds/);
    assert.equal((await get('/healthz')).code, 200);
    assert.equal((await get('/readyz')).code, 503);
    registry.set('a', true);
    assert.equal((await get('/readyz')).code, 200);
    assert.equal((await get('/')).code, 404);
  } finally {
    await endpoint.close();
  }
});

test('an address that is taken is an error', async () => {
  const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });
  const first = await startOperationsEndpoint({ listen: '127.0.0.1:0', telemetry, health: [] });
  await assert.rejects(
    startOperationsEndpoint({ listen: first.address, telemetry, health: [] }),
    /EADDRINUSE/,
  );
  await first.close();
});

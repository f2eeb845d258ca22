import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartCases } from './chart/chart-files.js';
import { installationNotes, notedCommands } from './chart/installation-notes.js';
import { render } from './chart/render-chart.js';

const valuesFiles = new Map(chartCases.map(({ name, valuesFile }) => [name, valuesFile]));
const notes = (name: string, ...set: string[]) => installationNotes(valuesFiles.get(name)!, set);

for (const { name, valuesFile } of chartCases) {
  test(`the notes of ${name} tell commands for services that the release has`, async () => {
    const text = await notes(name);
    assert.match(text, /kubectl --namespace speech rollout status deployment --selector /);
    const rendered = await render(['--values', valuesFile]);
    const services = rendered
      .filter(({ manifest }) => manifest.kind === 'Service')
      .map(({ manifest }) => manifest.metadata.name);
    const steps = text.slice(text.indexOf('1. Wait'));
    const named = [...steps.matchAll(/service\/(\S+)|dns:\/\/\/([^.\s]+)\.speech:/g)].map(
      ([, one, other]) => one ?? other!,
    );
    assert.ok(named.length > 0, text);
    for (const service of named) assert.ok(services.includes(service), `${service} in\n${text}`);
  });
}

test('the notes of a whole mesh tell how to ask it; those of stages alone, where a caller finds them', async () => {
  const whole = await notes('gateway');
  assert.match(whole, /port-forward service\/osum-osum-mesh-router 50051/);
  assert.match(whole, /npx osum understand --address 127\.0\.0\.1:50051 /);
  assert.match(whole, /curl .*"http:\/\/127\.0\.0\.1:8080\/v1\/audio\/transcriptions/);
  const alone = await notes('stage-alone');
  assert.match(alone, /encoder: dns:\/\/\/osum-osum-mesh-encoder-pods\.speech:7002/);
  assert.doesNotMatch(alone, /osum understand/);
});

/** The flags of a command that the notes tell, in order. */
function flagsOf(text: string, command: RegExp): string[] {
  const line = notedCommands(text).find((candidate) => command.test(candidate));
  assert.ok(line, text);
  return [...line.matchAll(/ (--(?!form|instruction|address)[\w-]+(?: (?!--)\S+)?)/g)].map(([, flag]) =>
    flag!.replaceAll('"', ''),
  );
}

test('the notes of a mesh in plaintext ask for nothing', async () => {
  const text = await notes('gateway');
  assert.deepEqual(flagsOf(text, /^npx osum/), []);
  assert.deepEqual(flagsOf(text, /^curl/), []);
  assert.doesNotMatch(text, /OSUM_API_KEY|OSUM_TOKEN|client\.crt/);
});

test('the notes of a mesh with TLS call it by TLS, and show a certificate of tls.clients', async () => {
  const text = await notes('tls');
  assert.deepEqual(flagsOf(text, /^npx osum/), [
    '--tls-ca ca.crt',
    '--tls-server-name osum-osum-mesh-router.speech.svc',
    '--tls-cert client.crt',
    '--tls-key client.key',
  ]);
  assert.deepEqual(flagsOf(text, /^curl/), [
    '--cacert ca.crt',
    '--cert client.crt',
    '--key client.key',
    '--resolve osum-osum-mesh-gateway.speech.svc:8080:127.0.0.1',
  ]);
  assert.match(text, /"https:\/\/osum-osum-mesh-gateway\.speech\.svc:8080\/v1\/audio\/transcriptions"/);
  assert.match(text, /get secret osum-osum-mesh-router-tls .* > ca\.crt/);
  assert.match(text, /client\.crt .*spiffe:\/\/mesh\.example\/ns\/backends\/sa\/\*/);
});

test('the notes of a mesh with a certificate for callers from outside trust its authority, and show a key', async () => {
  const text = await notes('door');
  assert.deepEqual(flagsOf(text, /^npx osum/), ['--tls-ca system', '--tls-server-name $DOOR']);
  assert.match(text, /DOOR=.*secret speech-example-org/);
  assert.match(text, /export OSUM_API_KEY=.*secret tenants/);
});

test('the notes show what the router verifies: keys, else tokens, else certificates, or nothing where anybody may call', async () => {
  const keys = await notes('tls', 'router.tenantsSecret=tenants');
  assert.deepEqual(flagsOf(keys, /^curl/)[0], '--header authorization:');
  assert.match(keys, /authorization: Bearer \$OSUM_API_KEY/);
  const tokens = await notes('door', 'router.tenantsSecret=');
  assert.match(tokens, /export OSUM_TOKEN=.*login\.example\.org\/keys\.json/);
  assert.doesNotMatch(tokens, /OSUM_API_KEY/);
  const anybody = await notes(
    'tls',
    'router.config.anonymousTenant=guests',
    'gateway.config.anonymousTenant=guests',
  );
  assert.doesNotMatch(anybody, /OSUM_API_KEY|OSUM_TOKEN|client\.crt/);
});

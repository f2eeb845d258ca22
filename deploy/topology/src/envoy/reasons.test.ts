import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { type EnvoyOptions, envoyOptionsSchema } from './envoy-options.js';
import { envoyYaml } from './envoy-yaml.js';
import { reasons } from './reasons.js';

const instances = ['stage:7000'];
const everywhere = {
  routers: instances,
  features: instances,
  encoders: instances,
  adapters: instances,
  decoders: instances,
};
const tls = {
  tlsCert: '/c/envoy.pem',
  tlsKey: '/c/envoy.key',
  tlsCa: '/c/ca.pem',
  tlsPeers: ['spiffe://mesh.example/stages/*'],
  tlsServers: ['spiffe://mesh.example/stages/*'],
};
const configurations: Record<string, Partial<EnvoyOptions>> = {
  'in plaintext': {},
  'with TLS': tls,
  'with TLS, traces and browsers': {
    ...tls,
    doorCert: '/c/door.pem',
    doorKey: '/c/door.key',
    otlpEndpoint: 'http://collector:4317',
    browserOrigins: ['https://app.example'],
  },
};

// What something is called and where it is, by the options' addresses and files or by the contracts: no choice that could be another.
const facts = new Set([
  ...['@type', 'name', 'id', 'cluster', 'cluster_name', 'service_name', 'stat_prefix', 'priority'],
  ...['address', 'port_value', 'type', 'path', 'prefix', 'domains', 'inline_string', 'resource_api_version'],
]);

/** Fields of a configuration's text with a value, and without a reason above them or above what they belong to. */
function bareFields(text: string): string[] {
  const bare: string[] = [];
  const look = (node: Node | null, path: readonly string[]) => {
    if (isSeq(node)) for (const item of node.items) look(item as Node, path);
    if (!isMap(node)) return;
    node.items.forEach(({ key, value }, place) => {
      assert.ok(isScalar(key));
      const name = String(key.value);
      const reason = key.commentBefore ?? (place === 0 ? node.commentBefore : undefined);
      if (reason || facts.has(name)) return;
      const isValue = isScalar(value) || (isSeq(value) && !value.items.some(isMap));
      if (isValue) bare.push([...path, name].join('.'));
      else look(value as Node | null, [...path, name]);
    });
  };
  look(parseDocument(text).contents, []);
  return bare;
}

const textOf = (options: Partial<EnvoyOptions>) =>
  envoyYaml(envoyOptionsSchema.parse({ ...everywhere, ...options }), 'Of a test.');

for (const [about, options] of Object.entries(configurations)) {
  test(`each choice in an Envoy configuration ${about} has its reason above it`, () => {
    assert.deepEqual([...new Set(bareFields(textOf(options)))], []);
  });
}

test('a choice without a reason is seen', () => {
  const text = textOf(tls).replaceAll(/^ *#.*\n/gm, '');
  const bare = bareFields(text).map((path) => path.split('.').at(-1));
  for (const field of ['stream_idle_timeout', 'initial_stream_window_size', 'alpn_protocols', 'max_requests'])
    assert.ok(bare.includes(field), field);
});

test('no reason stands in the source that no configuration shows', () => {
  const shown = Object.values(configurations).map(textOf).join('\n').replaceAll(/\n *#/g, '');
  for (const { at, why } of reasons) assert.ok(shown.includes(why), `${at}: ${why}`);
});

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runOsum } from '../testing/run-osum.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-security-'));
});
after(() => rm(folder, { recursive: true }));

test('osum certificates writes an authority and an identity for each service', async () => {
  const target = join(folder, 'certs');
  const made = await runOsum(['certificates', target, '--trust-domain', 'speech.example', '--days', '2']);
  assert.equal(made.code, 0, made.stderr);
  assert.equal(made.stdout.trim(), join(target, 'ca.pem'));
  const authority = new X509Certificate(await readFile(join(target, 'ca.pem')));
  for (const name of ['features', 'encoder', 'adapter', 'decoder', 'router', 'gateway', 'envoy']) {
    const certificate = new X509Certificate(await readFile(join(target, `${name}.pem`)));
    assert.ok(certificate.verify(authority.publicKey));
    assert.equal(
      certificate.subjectAltName,
      `URI:spiffe://speech.example/${name}, DNS:localhost, IP Address:127.0.0.1`,
    );
    const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
    assert.ok(days > 1.9 && days <= 2, certificate.validTo);
    if (name !== 'envoy') await readFile(join(target, `${name}.yaml`));
    assert.equal((await stat(join(target, `${name}.key`))).mode & 0o777, 0o600);
  }
});

test('osum certificates configures who calls whom', async () => {
  const target = join(folder, 'configured');
  await runOsum(['certificates', target]);
  const configOf = async (name: string) => JSON.parse(await readFile(join(target, `${name}.yaml`), 'utf8'));
  const ids = (...names: string[]) => names.map((name) => `spiffe://mesh.example/${name}`);
  assert.deepEqual(await configOf('encoder'), {
    tlsCert: join(target, 'encoder.pem'),
    tlsKey: join(target, 'encoder.key'),
    tlsCa: join(target, 'ca.pem'),
    tlsPeers: ids('features', 'envoy'),
    tlsServers: ids('adapter', 'envoy'),
  });
  assert.deepEqual((await configOf('decoder')).tlsServers, []);
  assert.deepEqual((await configOf('router')).tlsServers, ids('features', 'decoder', 'envoy'));
  const gateway = await configOf('gateway');
  assert.deepEqual([gateway.tlsPeers, gateway.tlsServers], [[], ids('router', 'envoy')]);
});

test('osum api-key lists a hash, and leaves the rest of the file as it is', async () => {
  const tenants = join(folder, 'tenants.yaml');
  const keyOf = async (...args: string[]) => {
    const made = await runOsum(['api-key', ...args, '--tenants', tenants]);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /^osum_[\w-]{43}\n$/);
    return made.stdout.trim();
  };
  const first = await keyOf('acme', '--id', 'one');
  await writeFile(tenants, `# our tenants\n${await readFile(tenants, 'utf8')}`);
  const second = await keyOf('acme', '--id', 'two', '--expires', '2099-01-31T00:00:00Z');
  await keyOf('guests');
  const text = await readFile(tenants, 'utf8');
  assert.match(text, /^# our tenants\n/);
  assert.equal(text.match(/sha256: [0-9a-f]{64}/g)?.length, 3);
  assert.match(text, /id: one[\s\S]*id: two[\s\S]*expires: 2099[\s\S]*guests/);
  assert.ok(!text.includes(first) && !text.includes(second));
});

test('osum api-key changes nothing that a router would refuse', async () => {
  const tenants = join(folder, 'strict.yaml');
  await runOsum(['api-key', 'acme', '--tenants', tenants]);
  const before = await readFile(tenants, 'utf8');
  const refused = await runOsum(['api-key', 'acme', '--tenants', tenants, '--expires', 'next year']);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /tenants.acme.keys.1.expires/);
  assert.equal(await readFile(tenants, 'utf8'), before);
});

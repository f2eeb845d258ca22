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
    assert.equal((await stat(join(target, `${name}.key`))).mode & 0o777, 0o600);
  }
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

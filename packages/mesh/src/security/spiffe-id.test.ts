import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority } from '@osum/certificates';
import { isAccepted, spiffeIdOf, spiffePatternSchema } from './spiffe-id.js';

const encoder = 'spiffe://mesh.example/stages/encoder';

test('the identity is the one URI among the names of a certificate', async () => {
  const authority = await createAuthority();
  const { certificate } = await authority.issue({ spiffeId: encoder, hosts: ['encoder', '127.0.0.1'] });
  const subjectaltname = new X509Certificate(certificate).subjectAltName ?? '';
  assert.equal(spiffeIdOf({ subjectaltname }), encoder);
});

test('a name that only looks like a URI in print is none', async () => {
  const authority = await createAuthority();
  const { certificate } = await authority.issue({ hosts: [`evil, URI:${encoder}`] });
  const subjectaltname = new X509Certificate(certificate).subjectAltName ?? '';
  assert.match(subjectaltname, /URI:spiffe/);
  assert.equal(spiffeIdOf({ subjectaltname }), undefined);
});

test('a certificate with no URI, two, or one that is no SPIFFE identity has no identity', () => {
  for (const subjectaltname of [
    '',
    'DNS:encoder',
    `URI:${encoder}, URI:${encoder}`,
    `URI:${encoder}, URI:https://mesh.example`,
    'URI:https://mesh.example/encoder',
    'URI:spiffe://mesh.example',
    'URI:spiffe://mesh.example/',
    'URI:spiffe://mesh.example/a//b',
    'URI:spiffe://mesh.example/a/../b',
    'URI:spiffe://mesh.example/a/.',
    'URI:spiffe://Mesh.example/a',
    'URI:spiffe://mesh.example:1/a',
    'URI:spiffe://user@mesh.example/a',
    'URI:spiffe://mesh.example/a?b',
    `URI:spiffe://mesh.example/${'a'.repeat(2048)}`,
  ]) {
    assert.equal(spiffeIdOf({ subjectaltname }), undefined, subjectaltname);
  }
});

test('patterns accept a whole identity, or all below a path', () => {
  assert.ok(isAccepted([encoder], encoder));
  assert.ok(isAccepted(['spiffe://mesh.example/stages/*'], encoder));
  assert.ok(isAccepted(['spiffe://mesh.example/*'], encoder));
  for (const pattern of [
    'spiffe://mesh.example/stages',
    'spiffe://mesh.example/stages/enc',
    'spiffe://mesh/*',
  ]) {
    assert.ok(!isAccepted([pattern], encoder), pattern);
  }
  assert.ok(!isAccepted(['spiffe://mesh.example/stages/*'], 'spiffe://mesh.example/stages'));
  assert.ok(!isAccepted([], encoder));
});

test('what is no pattern is refused by the configuration', () => {
  for (const text of [
    '*',
    'spiffe://*',
    'spiffe://mesh.example',
    'encoder',
    'spiffe://mesh.example/a*',
    'https://a/b',
  ]) {
    assert.equal(spiffePatternSchema.safeParse(text).success, false, text);
  }
});

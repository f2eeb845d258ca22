import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ServerCredentials } from '@grpc/grpc-js';
import { createAuthority, writeAuthority } from '@osum/certificates';
import { type ScriptedMesh, startScriptedMesh } from '@osum/client/testing';
import { runOsum } from '../testing/run-osum.js';

describe('osum against a mesh that wants to know who asks', () => {
  let mesh: ScriptedMesh;
  let folder: string;
  let authorities: string;
  let audio: string;

  before(async () => {
    const authority = await createAuthority();
    const { certificate, privateKey } = await authority.issue({ hosts: ['127.0.0.1', 'router.speech.svc'] });
    const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(privateKey) };
    mesh = await startScriptedMesh({ credentials: ServerCredentials.createSsl(null, [pair]) });
    folder = await mkdtemp(join(tmpdir(), 'osum-credentials-'));
    authorities = await writeAuthority(folder, 'authority', authority.certificate);
    audio = join(folder, 'audio.raw');
    await writeFile(audio, Buffer.alloc(7));
  });
  after(async () => {
    mesh.close();
    await rm(folder, { recursive: true });
  });

  const understand = (...flags: string[]) =>
    runOsum(['understand', '--address', mesh.address, '--tags', 'answer', ...flags, audio]);

  it('sends key or token by TLS to a mesh whose certificate is trusted', async () => {
    for (const [flag, header] of [
      ['--api-key', 'apiKey'],
      ['--token', 'authorization'],
    ] as const) {
      const run = await understand('--tls-ca', authorities, '--tenant', flag, flag, 'secret');
      assert.equal(run.code, 0, run.stderr);
      assert.match(run.stdout, /7 bytes/);
      assert.match(mesh.attempts(flag)[0]?.[header] ?? '', /secret$/);
    }
  });

  it('does not talk to a mesh whose certificate is not trusted', async () => {
    const run = await understand('--tls-ca', 'system');
    assert.equal(run.code, 1);
    assert.match(run.stderr, /certificate/);
  });

  it('takes the certificate of the host that is named for it, of that one only', async () => {
    const behindForward = await understand('--tls-ca', authorities, '--tls-server-name', 'router.speech.svc');
    assert.equal(behindForward.code, 0, behindForward.stderr);
    const another = await understand('--tls-ca', authorities, '--tls-server-name', 'gateway.speech.svc');
    assert.equal(another.code, 1);
    assert.match(another.stderr, /gateway\.speech\.svc/);
  });

  it('explains options that do not go together', async () => {
    const both = await understand('--api-key', 'a', '--token', 'b');
    assert.equal(both.code, 2);
    assert.match(both.stderr, /either --api-key or --token/);
    const half = await understand('--tls-cert', authorities);
    assert.equal(half.code, 2);
    assert.match(half.stderr, /--tls-cert and --tls-key go together/);
    const plain = await understand('--tls-server-name', 'router.speech.svc');
    assert.equal(plain.code, 2);
    assert.match(plain.stderr, /--tls-server-name needs --tls-ca/);
  });
});

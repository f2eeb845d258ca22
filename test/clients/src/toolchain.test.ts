import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toolchainOrSkip, wantedClients } from './toolchain.js';

const absent = { toolchain: [{ program: 'osum-no-such-program', install: 'nobody can' }] };

test('a missing program is a skip that says what to install, unless CI is true', () => {
  for (const CI of [undefined, '', '1', 'false']) {
    const skips: (string | undefined)[] = [];
    const context = { skip: (reason?: string) => void skips.push(reason) };
    assert.equal(toolchainOrSkip(context, absent, { CI }), false);
    assert.deepEqual(skips, ['osum-no-such-program was not found: nobody can']);
  }
  const context = { skip: () => assert.fail('skipped') };
  assert.throws(() => toolchainOrSkip(context, absent, { CI: 'true' }), /was not found: nobody can/);
});

test('OSUM_CLIENTS chooses clients, and is refused where CI is true', () => {
  assert.equal(wantedClients({ CI: 'true' }), undefined);
  assert.equal(wantedClients({ OSUM_CLIENTS: '', CI: 'true' }), undefined);
  assert.deepEqual(wantedClients({ OSUM_CLIENTS: 'Go,java' }), ['go', 'java']);
  assert.throws(() => wantedClients({ OSUM_CLIENTS: 'go', CI: 'true' }), /unset one of the two/);
});

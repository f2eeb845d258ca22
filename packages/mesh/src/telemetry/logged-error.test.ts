import assert from 'node:assert/strict';
import { test } from 'node:test';
import { badField, MeshError } from '../status/mesh-error.js';
import { RemoteError } from '../status/remote-error.js';
import { statusTable } from '../status/status-table.js';
import { loggedError } from './logged-error.js';

const secret = 'hushhush';

/** Errors that quote a request, and errors that were caused by one. */
const quoting: Record<string, () => Error> = {
  'a refused field': () => badField('instruction', `got ${secret}`),
  'a refusal of another stage': () => new RemoteError('/a/B', statusTable.badRequest.code, secret),
  'JSON that cannot be read': () => {
    try {
      return JSON.parse(secret);
    } catch (error) {
      return error as Error;
    }
  },
  'an error that says so': () => Object.assign(new Error(secret), { quotesInput: true }),
  'an error caused by one': () =>
    new MeshError('internal', 'A fault inside.', { cause: badField('instruction', secret) }),
};

for (const [what, make] of Object.entries(quoting)) {
  test(`${what} is logged without what it quotes, and with where it was thrown`, () => {
    const logged = loggedError(make(), false);
    assert.ok(!JSON.stringify(logged).includes(secret), JSON.stringify(logged));
    assert.match(logged.stack, /logged-error\.test/);
  });

  test(`${what} is logged whole with captureContent`, () => {
    assert.ok(JSON.stringify(loggedError(make(), true)).includes(secret));
  });
}

test('a fault of the mesh itself keeps its message and its code', () => {
  const { type, message } = loggedError(new TypeError('x is not a function'), false);
  assert.deepEqual({ type, message }, { type: 'TypeError', message: 'x is not a function' });
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  assert.equal(loggedError(refused, false).code, 'ECONNREFUSED');
});

test('what was thrown without being an error is not printed', () => {
  assert.ok(!JSON.stringify(loggedError(secret, false)).includes(secret));
});

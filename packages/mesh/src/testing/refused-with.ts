import assert from 'node:assert/strict';
import { RemoteError } from '../status/remote-error.js';
import { type StatusKind, statusTable } from '../status/status-table.js';

/** Asserts that a call fails with the status of a row of the table and a message, and returns the error. */
export async function refusedWith(
  call: Promise<unknown>,
  kind: StatusKind,
  says: RegExp,
): Promise<RemoteError> {
  const failure = await call.then(
    (answer) => assert.fail(`expected the call to fail with ${kind}, got the answer ${answer}`),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof RemoteError, `expected the call to fail with ${kind}, got ${failure}`);
  assert.equal(failure.kind, kind, failure.message);
  assert.equal(failure.code, statusTable[kind].code);
  assert.match(failure.details, says);
  return failure;
}

import assert from 'node:assert/strict';
import { RemoteError, type StatusKind, statusTable } from '@osum/mesh';

/** Asserts that a call fails with the status of a row of the table and a message, and returns the error. */
export async function refusedWith(
  call: Promise<unknown>,
  kind: StatusKind,
  says: RegExp,
): Promise<RemoteError> {
  let failure: unknown = null;
  await call.catch((error: unknown) => {
    failure = error;
  });
  assert.ok(failure instanceof RemoteError, `expected the call to fail with ${kind}, got ${failure}`);
  assert.equal(failure.kind, kind, failure.message);
  assert.equal(failure.code, statusTable[kind].code);
  assert.match(failure.message, says);
  return failure;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindFromReason, reasonFromKind, type StatusKind, statusTable } from './status-table.js';

const rows = Object.entries(statusTable) as [StatusKind, (typeof statusTable)[StatusKind]][];

test('numbers are unique, and every row explains itself', () => {
  assert.equal(new Set(rows.map(([, { number }]) => number)).size, rows.length);
  for (const [kind, { meaning, advice }] of rows) {
    assert.match(meaning, /\.$/, kind);
    assert.match(advice, /\.$/, kind);
  }
});

test('names travel and come back', () => {
  assert.equal(reasonFromKind('tenantOverShare'), 'TENANT_OVER_SHARE');
  for (const [kind] of rows) assert.equal(kindFromReason(reasonFromKind(kind)), kind);
  assert.equal(kindFromReason('NOTHING'), undefined);
});

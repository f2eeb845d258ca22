import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorCatalogue } from './error-catalogue.js';
import { statusTable } from './status-table.js';

const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');

test('the page is what the table makes: run npm run generate:docs after a change', () => {
  assert.equal(page, errorCatalogue());
});

test('the page has a row for every number', () => {
  for (const { number } of Object.values(statusTable))
    assert.match(page, new RegExp(`^\\| .*</a>${number} \\|`, 'm'));
});

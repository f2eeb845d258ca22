import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const topFolders = readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : [],
);

/** Paths of the checkout that the reasons of examples which are not run name, such as a test that runs something alike instead. */
function citedPaths(markdown: string): string[] {
  const reasons = [...markdown.matchAll(/^ *```\w+ not-run (.*)$/gm)].map(([, reason]) => reason!);
  return reasons
    .flatMap((reason) => reason.split(/[\s,;()'"]+/))
    .map((word) => word.replace(/\.$/, ''))
    .filter((word) => topFolders.some((folder) => word.startsWith(`${folder}/`)));
}

function documents(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((path) => path !== '' && existsSync(join(root, path)));
}

test('what a document cites in place of an example that is not run is there', () => {
  const cited = documents().flatMap((document) =>
    citedPaths(readFileSync(join(root, document), 'utf8')).map((path) => ({ document, path })),
  );
  assert.ok(cited.length > 5, 'documents cite tests');
  assert.deepEqual(
    cited.filter(({ path }) => !existsSync(join(root, path))),
    [],
  );
});

test('paths are found in the middle and at the end of a reason', () => {
  const markdown = '```sh not-run it is slow; test/one.test.ts runs it, and (test/two.test.ts).\ntrue\n```';
  assert.deepEqual(citedPaths(markdown), ['test/one.test.ts', 'test/two.test.ts']);
});

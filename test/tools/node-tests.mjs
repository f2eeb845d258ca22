// Runs the compiled TypeScript tests: `node test/tools/node-tests.mjs [folder...]`, all of them by default. Node 20 expands no
// globs itself.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = process.argv.length > 2 ? process.argv.slice(2) : ['packages', 'services', 'deploy', 'test'];

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testFiles(path);
    return isTest(path) ? [path] : [];
  });
}

// What tsc wrote for a source that is gone is no test.
function isTest(path) {
  return (
    /\bdist\b.*\.test\.js$/.test(path) && existsSync(path.replace('/dist/', '/src/').replace(/\.js$/, '.ts'))
  );
}

const files = folders.flatMap((folder) => testFiles(join(root, folder)));
if (files.length === 0) {
  console.error(`no compiled test below ${folders.join(', ')}: run npm run build first`);
  process.exit(1);
}
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...files], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(status ?? 1);

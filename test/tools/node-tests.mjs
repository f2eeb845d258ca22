// Runs the compiled TypeScript tests: `node test/tools/node-tests.mjs [folder...]`, all of them by default. Node 20 expands no
// globs itself.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

// What uses the topology of deploy starts a whole mesh of processes behind Envoy, whose timeouts need the machine: two of them, or one
// beside other tests, would time how busy it is.
function startsManyProcesses(path) {
  return readFileSync(path, 'utf8').includes("from '@osum/deploy'");
}

function run(files, concurrency) {
  if (files.length === 0) return 0;
  const { status } = spawnSync(process.execPath, ['--test', `--test-concurrency=${concurrency}`, ...files], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return status ?? 1;
}

const files = folders.flatMap((folder) => testFiles(join(root, folder)));
if (files.length === 0) {
  console.error(`no compiled test below ${folders.join(', ')}: run npm run build first`);
  process.exit(1);
}
const alone = files.filter(startsManyProcesses);
const together = files.filter((file) => !alone.includes(file));
const failed = [run(together, 2), run(alone, 1)].filter((status) => status !== 0);
process.exit(failed[0] ?? 0);

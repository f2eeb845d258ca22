// Formats all C++ of the repository with the pinned clang-format; `--check` only reports.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const listed = ['ls-files', '--cached', '--others', '--exclude-standard', 'native/*.cpp', 'native/*.h'];
const files = execFileSync('git', listed, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
const mode = process.argv.includes('--check') ? ['--dry-run', '-Werror'] : ['-i'];
const tool = fileURLToPath(new URL('../test/tools/python.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [tool, 'clang-format', ...mode, ...files], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);

// Builds libhostacl and the AscendCL addon with CMake into native/build; incremental.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('.', import.meta.url));
const build = fileURLToPath(new URL('build', import.meta.url));

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (error?.code === 'ENOENT') {
    console.error(
      `${command} was not found: install CMake 3.20 or newer and a C++20 compiler, then try again.`,
    );
    process.exit(1);
  }
  return status;
}

function must(command, args) {
  const status = run(command, args);
  if (status !== 0) {
    console.error(`\`${command} ${args.join(' ')}\` failed with exit status ${status}.`);
    process.exit(status ?? 1);
  }
}

if (!existsSync(`${build}/CMakeCache.txt`))
  must('cmake', ['-S', source, '-B', build, '-DCMAKE_BUILD_TYPE=Release']);
must('cmake', ['--build', build, '--parallel', String(availableParallelism())]);

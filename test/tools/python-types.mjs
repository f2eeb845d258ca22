// Checks the types of all Python code by mypy.ini: `node test/tools/python-types.mjs`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const python = fileURLToPath(new URL('python.mjs', import.meta.url));

/**
 * What is checked together: `checked`, with imports found in `path`. Several groups, for each may hold one module called
 * `conftest`; their common cache makes every library be read once.
 */
const groups = [
  {
    checked: [
      'training/osum_training',
      'training/tests',
      'training/data/instructions',
      'test/golden/osum_reference',
      'test/bench/peers',
      'packages/text/test-data',
    ],
    path: [
      'training',
      'training/tests',
      'training/data/instructions',
      'test/golden',
      'test/bench/peers',
      'packages/text/test-data',
    ],
  },
  {
    checked: ['native/hostacl/tests'],
    path: ['native/hostacl/tests'],
    except: 'native/hostacl/tests/operators/',
  },
  {
    checked: ['native/hostacl/tests/operators'],
    path: ['native/hostacl/tests', 'native/hostacl/tests/operators'],
  },
  { checked: ['test/conformance'], path: ['test/conformance'] },
];

/** Packages with an environment, a configuration and a cache of their own, made by their `venv.mjs`. */
const packages = ['clients/python'];

function forgottenFiles() {
  const listed = spawnSync('git', ['ls-files', '*.py'], { cwd: root, encoding: 'utf8' });
  const folders = [...groups.flatMap((group) => group.checked), ...packages];
  return listed.stdout
    .split('\n')
    .filter((file) => file && !folders.some((folder) => file.startsWith(`${folder}/`)));
}

const forgotten = forgottenFiles();
if (forgotten.length > 0) {
  console.error(
    `${forgotten.join(', ')}: in no group of test/tools/python-types.mjs; add the folder to one.`,
  );
  process.exit(1);
}

let failed = false;

function check(command, args, options) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  failed ||= status !== 0;
  return status === 0;
}

for (const { checked, path, except } of groups) {
  const options = ['--no-error-summary', ...(except ? ['--exclude', except] : [])];
  check(process.execPath, [python, 'mypy', ...options, ...checked], {
    env: { ...process.env, MYPYPATH: path.join(':') },
  });
}
for (const name of packages) {
  const cwd = `${root}${name}`;
  if (check(process.execPath, ['venv.mjs'], { cwd }))
    check(`${cwd}/.venv/bin/python`, ['-m', 'mypy', '--no-error-summary'], { cwd });
}
process.exit(failed ? 1 : 0);

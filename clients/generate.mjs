// Writes the generated code of the clients that is committed, from proto/osum/v1: `npm run generate:clients`. With --check it writes
// nothing and fails where the committed code is not what it would write. `node clients/generate.mjs go` does one language.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonOfClient } from './python/venv.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const protos = readdirSync(join(root, 'proto/osum/v1')).map((name) => `osum/v1/${name}`);

const generators = { python: generatePython, go: generateGo };

function generatePython(out) {
  const outs = ['python', 'pyi', 'grpc_python'].map((kind) => `--${kind}_out=${out}`);
  run(pythonOfClient(), ['-m', 'grpc_tools.protoc', '--proto_path=proto', ...outs, ...protos]);
  writeFileSync(join(out, 'osum/py.typed'), '');
}

function generateGo(out) {
  const paths = ['--path', 'proto/osum'];
  run('npx', ['buf', 'generate', '--template', 'clients/go/buf.gen.yaml', '--output', out, ...paths]);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? `exit code ${status}`}`);
}

/** Contents of all files below a folder, by their path in it. */
function contents(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !path.includes('__pycache__'))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );
}

function differences(wanted, found) {
  const names = new Set([...wanted.keys(), ...found.keys()]);
  return [...names].filter((name) => wanted.get(name) !== found.get(name));
}

const args = process.argv.slice(2);
const languages = args.filter((arg) => arg !== '--check');
for (const [language, generate] of Object.entries(generators)) {
  if (languages.length > 0 && !languages.includes(language)) continue;
  const committed = join(root, 'clients', language, 'gen');
  const fresh = mkdtempSync(join(tmpdir(), `osum-${language}-`));
  try {
    generate(fresh);
    if (args.includes('--check')) {
      const stale = differences(contents(fresh), contents(committed));
      if (stale.length > 0) {
        console.error(
          `clients/${language}/gen is not what the protos make: ${stale.join(', ')}; run npm run generate:clients`,
        );
        process.exitCode = 1;
      }
    } else {
      rmSync(committed, { recursive: true, force: true });
      mkdirSync(committed, { recursive: true });
      cpSync(fresh, committed, { recursive: true });
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

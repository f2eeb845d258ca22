import { execFileSync } from 'node:child_process';
import { inRepository } from './repository.js';

/** A file of a Python package that the test tools install into the checkout's `.venv` (test/tools/requirements.txt). */
export function fileOfPythonPackage(name: string, path: string): string {
  const script = inRepository('test/tools/python.mjs');
  const show = `import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec("${name}").origin).parent)`;
  const folder = execFileSync(process.execPath, [script, 'python', '-c', show], { encoding: 'utf8' }).trim();
  return `${folder.split('\n').at(-1)}/${path}`;
}

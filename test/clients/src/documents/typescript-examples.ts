import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../live-mesh.js';
import { run } from '../program.js';

// Inside the workspace, so that imports of the project's packages are found.
const folder = join(repository, 'test/clients/.documents');

/**
 * Compiles TypeScript as strictly as the project itself. Returns the path of the program; rejects with the compiler's errors.
 *
 * @param name Name of the file, without its ending.
 */
export async function compileTypeScript(name: string, code: string): Promise<string> {
  const own = join(folder, name);
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { recursive: true });
  await writeFile(join(own, 'example.ts'), code);
  const compilerOptions = {
    composite: false,
    declaration: false,
    declarationMap: false,
    noUnusedLocals: false,
  };
  const config = { extends: '../../../../tsconfig.base.json', compilerOptions, files: ['example.ts'] };
  await writeFile(join(own, 'tsconfig.json'), JSON.stringify(config));
  await run({ program: 'npx', args: ['tsc', '-p', own], cwd: repository });
  return join(own, 'example.js');
}

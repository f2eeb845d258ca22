// Copies a model package: `node copy-package.mjs FROM TO`. TO appears whole: the manifest, which makes it a package, comes last.
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  console.error(
    'usage: copy-package.mjs FROM TO: expected the folder of a package and the folder to copy it to',
  );
  process.exit(2);
}
try {
  const manifest = 'model.json';
  const files = (await readdir(from)).filter((file) => file !== manifest);
  await mkdir(to, { recursive: true });
  for (const file of [...files, manifest]) await cp(join(from, file), join(to, file), { recursive: true });
  console.log(JSON.stringify({ package: from, to, files: files.length + 1 }));
} catch (error) {
  console.error(`cannot copy ${from} to ${to}: ${error.message}`);
  process.exit(1);
}

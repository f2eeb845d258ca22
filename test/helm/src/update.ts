import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chartCases, goldenFolder, schemaFile } from './chart/chart-files.js';
import { goldenTexts } from './chart/golden-text.js';
import { valuesSchema } from './chart/values-schema.js';

// Writes what the tests compare: the schema of the values, and what each case renders.
await writeFile(schemaFile, `${JSON.stringify(valuesSchema(), null, 2)}\n`);
const texts = await goldenTexts();
await mkdir(goldenFolder, { recursive: true });
for (const file of await readdir(goldenFolder)) {
  if (!texts.has(file.replace(/\.yaml$/, ''))) await rm(join(goldenFolder, file));
}
for (const { name, goldenFile } of chartCases) await writeFile(goldenFile, texts.get(name) ?? '');
console.log(`${schemaFile}\n${chartCases.length} cases in ${goldenFolder}`);

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { z } from 'zod';
import { composeEnvoyOptions, composeFile } from './compose/compose-file.js';
import { envoyYaml } from './envoy/envoy-yaml.js';

/** Configuration of `osum-deploy generate`. The defaults are those of the files in `deploy/`. */
export const generateConfigSchema = z.object({
  folder: z
    .string()
    .default(fileURLToPath(new URL('../../', import.meta.url)))
    .describe('folder that the files are written to'),
  instances: z.number().int().positive().default(2).describe('instances of every stage'),
  image: z.string().default('osum-mesh:0.1.0').describe('image of the services'),
  envoyImage: z.string().default('envoyproxy/envoy:distroless-v1.40.0').describe('image of Envoy'),
  models: z.string().default('../models').describe('folder of model packages, relative to the compose file'),
  package: z.string().default('osum-nano').describe('name of the model package'),
});

/** See `generateConfigSchema`. */
export type GenerateConfig = z.infer<typeof generateConfigSchema>;

/** A file that is generated from the typed source. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

const heading =
  'Generated from deploy/topology by osum-deploy generate; a test compares. Change the source, not this file.';

/** The generated files as they should be. */
export function generatedFiles(config: GenerateConfig): GeneratedFile[] {
  const compose = stringify(composeFile(config), { lineWidth: 0, aliasDuplicateObjects: false });
  return [
    { path: join(config.folder, 'envoy.yaml'), text: envoyYaml(composeEnvoyOptions(config), heading) },
    { path: join(config.folder, 'compose.yaml'), text: `# ${heading}\n\n${compose}` },
  ];
}

/** Writes what is not as it should be, and tells the paths of all generated files. */
export async function writeGeneratedFiles(config: GenerateConfig): Promise<void> {
  await mkdir(config.folder, { recursive: true });
  for (const { path, text } of generatedFiles(config)) {
    const present = await readFile(path, 'utf8').catch(() => undefined);
    if (present !== text) await writeFile(path, text);
    console.log(path);
  }
}

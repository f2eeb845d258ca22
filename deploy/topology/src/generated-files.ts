import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Document, isMap, isScalar } from 'yaml';
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

// No registry can be asked where the files are generated and tested, so the default knows no digest.
const byTag = [
  ' A tag may come to name another image. Pinned: docker buildx imagetools inspect tells its digest, and',
  ' osum-deploy generate --envoy-image IMAGE@sha256:... writes it.',
].join('\n');

/** The generated files as they should be. */
export function generatedFiles(config: GenerateConfig): GeneratedFile[] {
  return [
    { path: join(config.folder, 'envoy.yaml'), text: envoyYaml(composeEnvoyOptions(config), heading) },
    { path: join(config.folder, 'compose.yaml'), text: composeYaml(config) },
  ];
}

function composeYaml(config: GenerateConfig): string {
  const document = new Document(composeFile(config), { aliasDuplicateObjects: false });
  document.commentBefore = ` ${heading}`;
  const envoy = document.getIn(['services', 'envoy']);
  const image = isMap(envoy)
    ? envoy.items.find(({ key }) => isScalar(key) && key.value === 'image')
    : undefined;
  if (isScalar(image?.key) && !config.envoyImage.includes('@sha256:')) image.key.commentBefore = byTag;
  return document.toString({ lineWidth: 0 });
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

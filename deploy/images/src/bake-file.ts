import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Folder of the build definition and the Dockerfiles. */
export const imagesFolder = fileURLToPath(new URL('..', import.meta.url));

const variable = z.strictObject({
  default: z.string(),
  description: z.string(),
  validation: z.strictObject({ condition: z.string(), error_message: z.string() }).optional(),
});

const target = z.strictObject({
  description: z.string(),
  context: z.string(),
  dockerfile: z.string(),
  args: z.record(z.string(), z.string()),
  tags: z.array(z.string()).min(1),
});

const bakeFile = z.strictObject({
  variable: z.record(z.string(), variable),
  group: z.record(z.string(), z.strictObject({ targets: z.array(z.string()) })),
  target: z.record(z.string(), target),
});

/** The build definition of all images, as `docker buildx bake` reads it. */
export const bake = bakeFile.parse(JSON.parse(readFileSync(`${imagesFolder}docker-bake.json`, 'utf8')));

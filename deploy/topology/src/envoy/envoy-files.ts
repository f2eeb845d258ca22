import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { EnvoyOptions } from './envoy-options.js';
import { envoyYaml } from './envoy-yaml.js';
import { secretPath, secrets } from './tls.js';

/** Writes `envoy.yaml` and the files of its secrets into a folder. Resolves to the path of the configuration. */
export async function writeEnvoyFiles(
  options: EnvoyOptions,
  folder: string,
  heading: string,
): Promise<string> {
  const placed = { ...options, secretsFolder: folder };
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'envoy.yaml');
  await writeFile(path, envoyYaml(placed, heading));
  for (const secret of secrets(placed)) {
    await writeFile(secretPath(secret.name, placed), stringify({ resources: [secret] }));
  }
  return path;
}

import { fileURLToPath } from 'node:url';

/** The absolute path of a file of this folder, such as `prometheus/alerts.yaml`. */
export function observabilityFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

import { fileURLToPath } from 'node:url';

const root = new URL('../../../../', import.meta.url);

/** The absolute path of a file of the checkout. */
export function inRepository(path: string): string {
  return fileURLToPath(new URL(path, root));
}

/** Where tools that take time to get are kept: OSUM_TOOLS_DIR, else `.tools` in the checkout. */
export function toolsFolder(): string {
  return process.env.OSUM_TOOLS_DIR ?? inRepository('.tools');
}

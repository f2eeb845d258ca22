import { createRequire } from 'node:module';

/** Version of the mesh, which all its packages share. */
export const { version: meshVersion } = createRequire(import.meta.url)('../../package.json') as {
  version: string;
};

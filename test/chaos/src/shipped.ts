import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);

/** The model package that the tests serve: the shipped one, or the folder that OSUM_PACKAGE names. */
export const packageFolder = process.env.OSUM_PACKAGE ?? fileURLToPath(new URL('models/osum-nano', root));

/** Paths of the shipped recordings of two to four seconds. */
export const recordings: readonly string[] = [
  'something-is-going-to-occur',
  'hold-fast',
  'a-peaceful-night',
  'moses-was-afraid',
].map((name) => fileURLToPath(new URL(`test/recordings/${name}.ogg`, root)));

import { fileURLToPath } from 'node:url';

/** Path of a shipped recording of a few seconds. */
export const shortRecording = fileURLToPath(
  new URL('../../../../test/recordings/something-is-going-to-occur.ogg', import.meta.url),
);

import { AudioError } from '../audio-error.js';

/**
 * Refuses a stream whose header declares more than `maxSeconds` of audio, before any of it is decoded.
 * @throws {AudioError} TOO_LONG.
 */
export function checkDeclaredLength(declaredSeconds: number, maxSeconds: number): void {
  if (declaredSeconds <= maxSeconds) return;
  const message = `expected at most ${maxSeconds} s of audio (the configured limit), but the header declares ${Math.ceil(declaredSeconds)} s`;
  throw new AudioError('TOO_LONG', message, { maxSeconds, declaredSeconds });
}

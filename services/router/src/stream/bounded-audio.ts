import { MeshError, type Pace, paced } from '@osum/mesh';
import type { RouterLimits } from '../router.js';

/** What a caller may take its time with, beside the length of its audio. */
const slackMs = 60_000;

/** The audio of a call, as its messages come. Throws when there are too many bytes of it, or it comes too slowly. */
export async function* boundedAudio(
  audio: AsyncIterable<Uint8Array>,
  limits: RouterLimits,
  isLive: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxAudioBytes } = limits;
  let bytes = 0;
  for await (const piece of paced(audio, paceOf(limits, isLive))) {
    bytes += piece.length;
    if (bytes > maxAudioBytes) throw tooManyBytes(maxAudioBytes);
    yield piece;
  }
}

/** A live stream may be silent as long as it lasts; a recording is there and has no reason to wait. */
function paceOf({ maxAudioSeconds, maxLiveSeconds, maxPauseMs }: RouterLimits, isLive: boolean): Pace {
  const gapMs = isLive ? Number.POSITIVE_INFINITY : maxPauseMs;
  const totalMs = (isLive ? maxLiveSeconds : maxAudioSeconds) * 1000 + slackMs;
  return { firstMs: gapMs, gapMs, totalMs };
}

function tooManyBytes(maxAudioBytes: number): MeshError {
  return new MeshError(
    'tooLong',
    `The audio has more than the ${maxAudioBytes} bytes that one call may have; send a compressed encoding, or parts.`,
    { facts: { limitBytes: String(maxAudioBytes) } },
  );
}

import { MeshError } from '@osum/mesh';

/** A quota of audio. */
export interface AudioRate {
  /** Seconds of audio a second. */
  readonly perSecond: number;
  /** Seconds of audio that may be used at once after a pause. */
  readonly burst: number;
}

/** Seconds of audio that a tenant may use: a bucket that fills at a rate. */
export interface AudioBudget {
  /** Throws RESOURCE_EXHAUSTED, with the time until it is not, if nothing is left. */
  require(): void;
  /** Takes seconds. Throws like `require` if there are fewer left; those that are left are then gone. */
  take(seconds: number): void;
  /** Follows a change of the quota. */
  change(rate: AudioRate): void;
  /** Whether it is as full as it gets, and need not be remembered. */
  readonly isFull: boolean;
}

/** A full budget. `now` is in milliseconds. */
export function createAudioBudget(
  initial: AudioRate,
  now: () => number = () => performance.now(),
): AudioBudget {
  let rate = initial;
  let left = rate.burst;
  let filledMs = now();

  const fill = () => {
    const nowMs = now();
    left = Math.min(rate.burst, left + ((nowMs - filledMs) / 1000) * rate.perSecond);
    filledMs = nowMs;
  };
  const used = (wantedSeconds: number) => {
    const pushbackMs = Math.ceil((Math.min(wantedSeconds, rate.burst) / rate.perSecond) * 1000);
    const hourly = Math.round(rate.perSecond * 3600);
    return new MeshError(
      'quotaExceeded',
      `The tenant has used its ${hourly} s of audio an hour (${rate.burst} s at once); try again in ${Math.ceil(pushbackMs / 1000)} s.`,
      { pushbackMs, facts: { audioSecondsPerHour: String(hourly), burstAudioSeconds: String(rate.burst) } },
    );
  };

  return {
    require() {
      fill();
      if (left <= 0) throw used(rate.burst / 10);
    },
    take(seconds) {
      fill();
      if (seconds <= left) {
        left -= seconds;
        return;
      }
      left = 0;
      throw used(seconds);
    },
    change(next) {
      fill();
      rate = next;
      left = Math.min(left, next.burst);
    },
    get isFull() {
      fill();
      return left >= rate.burst;
    },
  };
}

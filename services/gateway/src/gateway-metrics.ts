import { counter, histogram, type Telemetry } from '@osum/mesh';
import type { UnderstandSummary } from '@osum/proto';

/** What the gateway counts beside its calls and requests. */
export interface GatewayMetrics {
  /** The router has answered a recording or a live stream. */
  answered(summary: Pick<UnderstandSummary, 'audioSeconds' | 'totalSeconds'>): void;
}

const realTimeFactorBuckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** The gateway's metrics in the registry of `telemetry`. */
export function createGatewayMetrics(telemetry: Telemetry): GatewayMetrics {
  const audio = counter(telemetry, {
    name: 'osum_gateway_audio_seconds_total',
    help: 'Seconds of audio answered through the doors.',
  });
  const realTimeFactor = histogram(telemetry, {
    name: 'osum_gateway_real_time_factor',
    help: 'Time of an answer as a share of the length of its audio; live streams take at least as long as they last.',
    buckets: realTimeFactorBuckets,
  });
  return {
    answered({ audioSeconds, totalSeconds }) {
      audio.inc(audioSeconds);
      if (audioSeconds > 0) realTimeFactor.observe(totalSeconds / audioSeconds);
    },
  };
}

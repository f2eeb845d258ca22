import type { Figure } from '../figure.js';
import type { Repetition } from '../timing.js';
import { addedLatencyFigures } from './added-latency.js';
import { drainTimeFigures } from './drain-time.js';
import { encoderScalingFigures } from './encoder-scaling.js';

/** What Envoy costs and gives: latency, scaling of a stage, and how long a stage takes to leave. */
export async function envoyFigures(packageFolder: string, repetition: Repetition): Promise<Figure[]> {
  return [
    ...(await addedLatencyFigures(packageFolder)),
    ...(await encoderScalingFigures(packageFolder, repetition)),
    ...(await drainTimeFigures(packageFolder, repetition)),
  ];
}

import { type Figure, figureTable } from '../figure.js';
import type { Repetition } from '../timing.js';
import { addedLatencyFigures } from './added-latency.js';
import { drainTimeFigures } from './drain-time.js';
import { encoderScalingFigures } from './encoder-scaling.js';

type Measure = (packageFolder: string, repetition: Repetition) => Promise<Figure[]>;

const parts: Readonly<Record<string, Measure>> = {
  'what Envoy and mTLS add to a call': addedLatencyFigures,
  'throughput behind Envoy, encoders on slow devices': encoderScalingFigures,
  'from SIGTERM to the end of the process, under load': drainTimeFigures,
};

/** What Envoy costs and gives, a table a part, each as soon as it is measured. */
export async function* envoyTables(packageFolder: string, repetition: Repetition): AsyncGenerator<string> {
  for (const [title, measure] of Object.entries(parts)) {
    yield figureTable(title, await measure(packageFolder, repetition));
  }
}

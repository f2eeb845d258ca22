import type { MessageInitShape } from '@bufbuild/protobuf';
import { type GenerateFinished, Stage, type StageTiming, type TimingsSchema } from '@osum/proto';
import type { StageReports } from './attempt.js';

/** Where the time of an utterance went. The decoder's share joins its taking of the speech and its decoding. */
export function timingsOf(
  reports: StageReports,
  finished: GenerateFinished,
  totalSeconds: number,
): MessageInitShape<typeof TimingsSchema> {
  const of = (stage: Stage) => reports.find((report) => report.stage === stage)?.timing;
  const timings = { features: of(Stage.FEATURES), encoder: of(Stage.ENCODER), adapter: of(Stage.ADAPTER) };
  const decoder = sum(of(Stage.DECODER), finished.report?.timing);
  const present = Object.entries({ ...timings, decoder }).filter(([, timing]) => timing !== undefined);
  const stages = finished.report === undefined ? reports : [...reports, finished.report];
  return { ...Object.fromEntries(present), totalSeconds, stages };
}

type Seconds = Partial<Omit<StageTiming, '$typeName'>>;

function sum(a: Seconds | undefined, b: Seconds | undefined): Seconds | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const add = (part: keyof Seconds) => Number(a[part] ?? 0) + Number(b[part] ?? 0);
  return {
    queueSeconds: add('queueSeconds'),
    computeSeconds: add('computeSeconds'),
    transferSeconds: add('transferSeconds'),
  };
}

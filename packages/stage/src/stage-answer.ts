import { type TensorFrameInit, tensorFrames, type WireTensor } from '@osum/mesh';
import type { StageReportInit } from './stage-report.js';

/** A response of a stage that gives a tensor: a frame of it, or the reports that end the call. */
export type StageAnswer =
  | { response: { case: 'frame'; value: TensorFrameInit } }
  | { response: { case: 'report'; value: { stages: StageReportInit[] } } };

/** The answer to a caller that keeps the tensor: its frames, then the report. */
export function* tensorAnswer(
  tensor: WireTensor,
  report: StageReportInit,
): Generator<StageAnswer, void, undefined> {
  for (const value of tensorFrames(tensor)) yield { response: { case: 'frame', value } };
  yield reportAnswer([report]);
}

/** The answer to a caller whose tensor was forwarded: the reports of all stages that it went through, in their order. */
export function reportAnswer(stages: StageReportInit[]): StageAnswer {
  return { response: { case: 'report', value: { stages } } };
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  annotate,
  type Batched,
  type MeshContext,
  spanAttributes,
  tensorInfo,
  type WireTensor,
} from '@osum/mesh';
import type { Stage, StageReportSchema } from '@osum/proto';
import { type BatchOutput, batchSeconds } from './batched-model.js';

/** A stage's report as handlers yield it. */
export type StageReportInit = MessageInitShape<typeof StageReportSchema>;

/** What a stage took in. */
export interface StageIntake {
  readonly stage: Stage;
  /** `host:port` of the instance. */
  readonly instance: string;
  readonly inputs: readonly Pick<WireTensor, 'name' | 'dtype' | 'shape'>[];
  /** From the first frame of the inputs to the last. */
  readonly transferSeconds: number;
}

/** The report of an utterance that went through a batch. Its numbers go onto the span of the call as well. */
export function batchReport(
  intake: StageIntake,
  batched: Batched<BatchOutput>,
  context: MeshContext,
): StageReportInit {
  const { tensor, audioSeconds } = batched.result;
  const { stage, instance } = intake;
  const { queue, compute, copy } = batchSeconds(batched);
  const transferSeconds = intake.transferSeconds + copy;
  annotate(context, {
    [spanAttributes.audioSeconds]: audioSeconds,
    [spanAttributes.queueSeconds]: queue,
    [spanAttributes.computeSeconds]: compute,
    [spanAttributes.transferSeconds]: transferSeconds,
    [spanAttributes.batchEntries]: batched.batchItems,
  });
  return {
    stage,
    instance,
    inputs: intake.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })),
    outputs: [tensorInfo(tensor)],
    timing: {
      queueSeconds: queue,
      computeSeconds: compute,
      transferSeconds,
    },
    batchUtterances: batched.batchItems,
  };
}

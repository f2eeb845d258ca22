import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Batched, tensorInfo, type WireTensor } from '@osum/mesh';
import type { Stage, StageReportSchema } from '@osum/proto';
import type { BatchOutput } from './batched-model.js';

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

/** The report of an utterance that went through a batch. */
export function batchReport(intake: StageIntake, batched: Batched<BatchOutput>): StageReportInit {
  const { tensor, leaseSeconds, computeSeconds } = batched.result;
  const { stage, instance } = intake;
  // What a batch takes beside waiting and computing is moving tensors to and from the device.
  const copySeconds = Math.max(0, batched.runSeconds - leaseSeconds - computeSeconds);
  return {
    stage,
    instance,
    inputs: intake.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })),
    outputs: [tensorInfo(tensor)],
    timing: {
      queueSeconds: batched.queueSeconds + leaseSeconds,
      computeSeconds,
      transferSeconds: intake.transferSeconds + copySeconds,
    },
    batchUtterances: batched.batchItems,
  };
}

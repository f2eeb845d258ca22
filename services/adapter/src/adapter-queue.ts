import type { BatchQueue, WireTensor } from '@osum/mesh';
import { adapterArenaBytes, ModalityAdapter } from '@osum/nn';
import {
  type BatchOutput,
  createBatchedModel,
  raggedBytes,
  type StageEnvironment,
  splitRagged,
  type Utterance,
  uploadRagged,
} from '@osum/stage';
import type { AdapterConfig } from './adapter-config.js';

/** Hidden states `[positions, encoder width]` of one utterance, 50 positions a second. */
export interface AdapterUtterance extends Utterance {
  readonly hidden: WireTensor;
}

/** Loads the adapter onto every device and starts its queue. */
export async function createAdapterQueue(
  { scheduler, modelPackage, telemetry }: StageEnvironment,
  config: AdapterConfig,
): Promise<BatchQueue<AdapterUtterance, BatchOutput>> {
  const { adapter: dims, encoder, weights } = modelPackage.manifest;
  const compute = weights === 'fp32' ? 'f32' : 'bf16';
  const resident = await scheduler.resident('adapter', (device) =>
    ModalityAdapter.load(device, modelPackage),
  );
  const positionsOf = (items: readonly AdapterUtterance[]) => items.map(({ hidden }) => hidden.shape[0]!);
  const tensorsOf = (items: readonly AdapterUtterance[]) => items.map(({ hidden }) => hidden);
  return createBatchedModel<ModalityAdapter, AdapterUtterance>(
    {
      name: 'adapter',
      resident,
      arenaBytes: (items) =>
        raggedBytes(tensorsOf(items)) + adapterArenaBytes(dims, encoder.width, compute, positionsOf(items)),
      build(model, program, items) {
        const hidden = uploadRagged(program, tensorsOf(items), compute);
        const { embeddings, rows } = model.forward(program, hidden, positionsOf(items));
        const download = program.download(embeddings);
        return () => splitRagged(download, rows, 'speech');
      },
    },
    scheduler,
    config,
    telemetry,
  );
}

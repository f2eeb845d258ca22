import { createOsumClient } from '@osum/client';
import { type LocalMesh, startLocalMesh } from '@osum/deploy';
import type { Figure } from '../figure.js';
import { median, type Repetition } from '../timing.js';
import { inLanes } from './lanes.js';
import { shortRecording } from './short-recording.js';

// Each task of the encoders' device sleeps so long: it is the device that is slow, and two cores carry two of them.
const slowMicroseconds = 5_000;
const lanes = 8;
const calls = 12;

/** Calls a second with one and with two encoders behind Envoy, on devices that hostacl's slow-stream fault slows down. */
export async function encoderScalingFigures(packageFolder: string, { runs }: Repetition): Promise<Figure[]> {
  const figures: Figure[] = [];
  const shares: string[] = [];
  for (const encoders of [1, 2]) {
    const mesh = await startLocalMesh({
      package: packageFolder,
      instances: { encoder: encoders },
      env: { encoder: { HOSTACL_FAULT: `slow=${slowMicroseconds}` } },
      // A batch of many would cost a slow device no more than one of one.
      flags: { encoder: ['--max-batch-utterances', '1'] },
    });
    const client = createOsumClient({ address: mesh.address });
    try {
      const understand = () => client.understand({ audio: shortRecording, tags: '<asr>' });
      await inLanes(lanes, lanes, understand);
      const rates: number[] = [];
      for (let run = 0; run < runs; run++) {
        const began = performance.now();
        await inLanes(calls, lanes, understand);
        rates.push((1000 * calls) / (performance.now() - began));
      }
      shares.push((await requests(mesh)).join(' and '));
      const name = encoders === 1 ? 'one encoder' : 'two encoders';
      figures.push({ name, value: median(rates), unit: 'calls/s' });
    } finally {
      client.close();
      await mesh.stop();
    }
  }
  const [one, two] = figures;
  const shared = `two against one (calls that the encoders got: ${shares[1]})`;
  return [...figures, { name: shared, value: two!.value / one!.value, unit: 'x' }];
}

/** Calls that each encoder got from Envoy. */
async function requests(mesh: LocalMesh): Promise<number[]> {
  const hosts = await mesh.envoy.admin.hosts();
  return hosts.filter(({ cluster }) => cluster === 'encoder').map(({ counters }) => counters.rq_total ?? 0);
}

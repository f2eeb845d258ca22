import { createOsumClient } from '@osum/client';
import { stageNames, startLocalMesh } from '@osum/deploy';
import type { Figure } from '../figure.js';
import { median, type Repetition } from '../timing.js';
import { shortRecording } from './short-recording.js';

const lanes = 3;

/** Seconds from SIGTERM to the end of the process of each stage, of an instance that serves a call; another takes over new ones. */
export async function drainTimeFigures(packageFolder: string, { runs }: Repetition): Promise<Figure[]> {
  const instances = Object.fromEntries(stageNames.map((stage) => [stage, 2]));
  const mesh = await startLocalMesh({ package: packageFolder, instances, logLevel: 'error' });
  const client = createOsumClient({ address: mesh.address, retry: { attempts: 1 } });
  let stopping = false;
  const lane = async () => {
    while (!stopping) await client.understand({ audio: shortRecording, tags: '<asr>' });
  };
  const load = Promise.all(Array.from({ length: lanes }, lane));
  // A failure ends the measurement below, where the load is awaited.
  load.catch(() => {});
  const figures: Figure[] = [];
  try {
    for (const stage of stageNames) {
      const seconds: number[] = [];
      for (let run = 0; run < runs; run++) {
        const leaving = mesh.instances(stage)[0]!;
        // A load that failed makes nobody busy: its failure ends the wait.
        await Promise.race([mesh.busy(leaving), load]);
        const began = performance.now();
        await mesh.end(leaving, 'SIGTERM');
        seconds.push((performance.now() - began) / 1000);
        await mesh.restart(leaving);
        await mesh.settled();
      }
      figures.push({ name: stage, value: median(seconds), unit: 's' });
    }
    stopping = true;
    await load;
    return figures;
  } finally {
    stopping = true;
    await load.catch(() => {});
    client.close();
    await mesh.stop();
  }
}

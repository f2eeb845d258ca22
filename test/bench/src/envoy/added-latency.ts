import { createOsumClient } from '@osum/client';
import { startLocalMesh } from '@osum/deploy';
import type { Figure } from '../figure.js';
import { percentile } from './percentile.js';
import { shortRecording } from './short-recording.js';

const tags = '<asr>';
const describeCalls = 1_000;
const understandCalls = 100;
const warmUps = 10;

/**
 * What Envoy adds to a call: before the router alone (Describe, which no stage takes part in), and before and between all stages
 * (Understand). Calls of both ways take turns in the same run.
 */
export async function addedLatencyFigures(packageFolder: string): Promise<Figure[]> {
  const direct = await startLocalMesh({ package: packageFolder, direct: true });
  const behind = await startLocalMesh({ package: packageFolder }).catch(async (error) => {
    await direct.stop();
    throw error;
  });
  const router = direct.instances('router')[0]!.address;
  const clients = {
    direct: createOsumClient({ address: router }),
    door: createOsumClient({ address: direct.address }),
    behind: createOsumClient({ address: behind.address }),
  };
  try {
    const describe = await inTurns(describeCalls, {
      direct: () => clients.direct.describe(),
      'through Envoy': () => clients.door.describe(),
    });
    const understand = await inTurns(understandCalls, {
      direct: () => clients.direct.understand({ audio: shortRecording, tags }),
      'through Envoy': () => clients.behind.understand({ audio: shortRecording, tags }),
    });
    return [
      ...figuresOf('Describe, Envoy before the router', describe),
      ...figuresOf('Understand, Envoy before and between all stages', understand),
    ];
  } finally {
    for (const client of Object.values(clients)) client.close();
    await Promise.all([direct.stop(), behind.stop()]);
  }
}

/** Milliseconds of each call, by its way. */
type Times = Readonly<Record<string, readonly number[]>>;

async function inTurns(
  calls: number,
  ways: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Times> {
  const times = Object.fromEntries(Object.keys(ways).map((way) => [way, [] as number[]]));
  for (let call = -warmUps; call < calls; call++) {
    for (const [way, make] of Object.entries(ways)) {
      const began = performance.now();
      await make();
      if (call >= 0) times[way]!.push(performance.now() - began);
    }
  }
  return times;
}

function figuresOf(name: string, times: Times): Figure[] {
  return [0.5, 0.99].flatMap((share) => {
    const [direct, through] = Object.values(times).map((values) => percentile(values, share));
    const figures = Object.entries({ ...times }).map(([way, values]) => {
      return { name: `${name}, ${way}, p${share * 100}`, value: percentile(values, share), unit: 'ms' };
    });
    return [...figures, { name: `${name}, added, p${share * 100}`, value: through! - direct!, unit: 'ms' }];
  });
}

import { createOsumClient, type OsumClient } from '@osum/client';
import { startOtlpReceiver } from '@osum/telemetry-tests/otlp-receiver';
import { shortRecording } from './envoy/short-recording.js';
import type { Figure } from './figure.js';
import { type MeshProcess, startMesh } from './mesh-process.js';
import { median, type Repetition } from './timing.js';

/** What is asked of both meshes. */
interface Workload {
  readonly name: string;
  /** Pairs of calls in a run. */
  readonly pairs: number;
  call(client: OsumClient): Promise<unknown>;
}

const workloads: readonly Workload[] = [
  {
    name: 'a recording',
    pairs: 20,
    call: (client) => client.understand({ audio: shortRecording, tags: '<asr>' }),
  },
  // No stage and no device behind it: what is added weighs most here.
  { name: 'Describe', pairs: 200, call: (client) => client.describe() },
];

interface Side {
  readonly mesh: MeshProcess;
  readonly client: OsumClient;
}

/**
 * What traces cost: two meshes answer the same call in turns, one of them sending every span to an OTLP receiver. Latencies are compared
 * in pairs, so that what else the machine does hits both. The receiver's own processor time is not the mesh's and not counted.
 */
export async function traceOverheadFigures(
  packageFolder: string,
  { runs, warmUps }: Repetition,
): Promise<Figure[]> {
  const receiver = await startOtlpReceiver({ printed: false });
  const sides: Side[] = [];
  const figures: Figure[] = [];
  try {
    for (const flags of [[], ['--otlp-endpoint', receiver.grpcUrl]]) {
      const mesh = await startMesh(packageFolder, flags);
      sides.push({ mesh, client: createOsumClient({ address: mesh.address }) });
    }
    for (const workload of workloads) {
      const measured: Run[] = [];
      for (let run = -warmUps; run < runs; run++) {
        const one = await measureRun(workload, sides as [Side, Side]);
        if (run >= 0) measured.push(one);
      }
      figures.push(...figuresOf(workload.name, measured));
    }
    return figures;
  } finally {
    for (const { mesh, client } of sides) {
      client.close();
      await mesh.end();
    }
    await receiver.close();
  }
}

/** One run: latencies of each pair of calls, and each mesh's processor time a call; without traces, then with. */
interface Run {
  readonly latencyMs: readonly (readonly [number, number])[];
  readonly processorMs: readonly [number, number];
}

async function measureRun({ pairs, call }: Workload, sides: [Side, Side]): Promise<Run> {
  const spent = () => Promise.all(sides.map(({ mesh }) => mesh.processorSeconds()));
  const before = await spent();
  const latencyMs: [number, number][] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const latency: [number, number] = [0, 0];
    // Whoever goes second may find warmer caches, so they take turns.
    for (const side of pair % 2 === 0 ? [0, 1] : [1, 0]) {
      const began = performance.now();
      await call(sides[side]!.client);
      latency[side] = performance.now() - began;
    }
    latencyMs.push(latency);
  }
  const after = await spent();
  const [off, on] = after.map((seconds, side) => ((seconds - before[side]!) * 1000) / pairs);
  return { latencyMs, processorMs: [off!, on!] };
}

function figuresOf(name: string, runs: readonly Run[]): Figure[] {
  const pairs = runs.flatMap(({ latencyMs }) => latencyMs);
  const plainMs = median(pairs.map(([off]) => off));
  const addedMs = median(pairs.map(([off, on]) => on - off));
  const plainWork = median(runs.map(({ processorMs: [off] }) => off));
  const addedWork = median(runs.map(({ processorMs: [off, on] }) => on - off));
  return [
    { name: `${name}: latency p50 without traces`, value: plainMs, unit: 'ms' },
    { name: `${name}: latency added`, value: addedMs, unit: 'ms' },
    { name: `${name}: processor time without traces`, value: plainWork, unit: 'ms' },
    { name: `${name}: processor time added`, value: addedWork, unit: 'ms' },
    { name: `${name}: processor time added`, value: (100 * addedWork) / plainWork, unit: '%' },
  ];
}

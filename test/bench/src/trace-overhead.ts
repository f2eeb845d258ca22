import { createOsumClient } from '@osum/client';
import { startOtlpReceiver } from '@osum/telemetry-tests/otlp-receiver';
import { shortRecording } from './envoy/short-recording.js';
import type { Figure } from './figure.js';
import { type MeshProcess, startMesh } from './mesh-process.js';
import { median, type Repetition } from './timing.js';

const callsPerRound = 20;

interface Measured {
  readonly name: string;
  readonly mesh: MeshProcess;
  /** Of each call. */
  readonly latencyMs: number[];
  /** Of each round: processor time of the mesh, by call. */
  readonly processorMs: number[];
}

/**
 * What traces cost: two meshes answer the same short recording in turns, one of them sending every span to an OTLP receiver. The
 * receiver's own processor time is not the mesh's and not counted.
 */
export async function traceOverheadFigures(
  packageFolder: string,
  { runs, warmUps }: Repetition,
): Promise<Figure[]> {
  const receiver = await startOtlpReceiver({ printed: false });
  const meshes: Measured[] = [];
  try {
    for (const [name, flags] of [
      ['without traces', []],
      ['every span exported', ['--otlp-endpoint', receiver.grpcUrl]],
    ] as const) {
      meshes.push({ name, mesh: await startMesh(packageFolder, flags), latencyMs: [], processorMs: [] });
    }
    for (let run = -warmUps; run < runs; run++) {
      // Whoever goes second may find warmer caches, so they take turns.
      const order = run % 2 === 0 ? meshes : meshes.toReversed();
      for (const measured of order) await round(measured, run >= 0);
    }
  } finally {
    for (const { mesh } of meshes) await mesh.end();
    await receiver.close();
  }
  const [off, on] = meshes as [Measured, Measured];
  const added = (of: (measured: Measured) => number) => 100 * (of(on) / of(off) - 1);
  const latency = ({ latencyMs }: Measured) => median(latencyMs);
  const processor = ({ processorMs }: Measured) => median(processorMs);
  return [
    ...meshes.map((measured) => ({
      name: `latency p50, ${measured.name}`,
      value: latency(measured),
      unit: 'ms',
    })),
    { name: 'latency p50, added', value: added(latency), unit: '%' },
    ...meshes.map((measured) => ({
      name: `processor time a call, ${measured.name}`,
      value: processor(measured),
      unit: 'ms',
    })),
    { name: 'processor time a call, added', value: added(processor), unit: '%' },
  ];
}

async function round({ mesh, latencyMs, processorMs }: Measured, counts: boolean): Promise<void> {
  const client = createOsumClient({ address: mesh.address });
  try {
    const before = await mesh.processorSeconds();
    for (let call = 0; call < callsPerRound; call++) {
      const began = performance.now();
      await client.understand({ audio: shortRecording, tags: '<asr>' });
      if (counts) latencyMs.push(performance.now() - began);
    }
    if (counts) processorMs.push((1000 * ((await mesh.processorSeconds()) - before)) / callsPerRound);
  } finally {
    client.close();
  }
}

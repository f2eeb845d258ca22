import { doctor } from '@osum/device';
import { type DeviceBudget, NPU_PARTS, npuPart } from '@osum/nn';
import { UsageError } from '../usage-error.js';
import type { PlanOptions } from './plan-options.js';

/** A device that is planned for. */
export interface PlannedDevice extends DeviceBudget {
  readonly name: string;
  /** Where its figures are from. */
  readonly source: string;
  /** Why this build does not run there; `null` when it does. */
  readonly lacks: string | null;
}

type Overrides = Pick<PlanOptions, 'memory' | 'bandwidth' | 'reserve'>;

/** The parts that `--device` names, or the devices of this machine; `--memory` and `--bandwidth` outrank what is known. */
export async function plannedDevices({ device, ...overrides }: PlanOptions): Promise<PlannedDevice[]> {
  return device === undefined ? devicesHere(overrides) : device.map((name) => namedDevice(name, overrides));
}

function namedDevice(name: string, overrides: Overrides): PlannedDevice {
  const part = npuPart(name);
  if (part === undefined) {
    throw new UsageError(
      `no part ${name} is known; known are ${NPU_PARTS.map((known) => known.name).join(', ')}`,
    );
  }
  const { lacks, source } = part;
  if (part.memoryBytes === null && overrides.memory === undefined) {
    throw new UsageError(`the memory of ${part.name} is not published; give it with --memory (GiB)`);
  }
  return {
    name: `Ascend${part.name}`,
    lacks,
    ...budget(part.memoryBytes, part.bytesPerSecond, source, overrides),
  };
}

async function devicesHere(overrides: Overrides): Promise<PlannedDevice[]> {
  const { backend, problem, devices } = await doctor();
  if (backend === null) {
    throw new UsageError(`this machine has no device (${problem}); name a part with --device`);
  }
  const part = backend.kind === 'npu' ? npuPart(backend.soc) : undefined;
  return devices.map(({ name, totalBytes }) => ({
    name,
    lacks: part?.lacks ?? null,
    ...budget(totalBytes, part?.bytesPerSecond ?? null, 'memory as the device says it', overrides),
  }));
}

function budget(
  memoryBytes: number | null,
  bytesPerSecond: number | null,
  source: string,
  { memory, bandwidth, reserve }: Overrides,
): DeviceBudget & { source: string } {
  const bytes = memory === undefined ? memoryBytes! : memory * 2 ** 30;
  const given = [memory === undefined ? [] : 'memory', bandwidth === undefined ? [] : 'bandwidth'].flat();
  return {
    memoryBytes: bytes,
    reserveBytes: (bytes * reserve) / 100,
    bytesPerSecond: bandwidth === undefined ? bytesPerSecond : bandwidth * 1e9,
    source: given.length === 0 ? source : `${source}; ${given.join(' and ')} as given`,
  };
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nativeFolder } from './addon.js';
import type { Backend } from './backend.js';
import { type CannSearch, searchCann } from './cann-search.js';
import { openBackend } from './open-backend.js';

/** One device as `osum doctor` shows it. */
export interface DoctorDevice {
  readonly name: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Which device would be used and why, what is missing, and the commands that mend it. */
export interface DoctorReport {
  /** `null` when no backend could be opened; `problem` says why. */
  readonly backend: Pick<Backend, 'kind' | 'soc' | 'version' | 'libraries'> | null;
  readonly problem: string | null;
  /** One sentence for each attempt, in order. */
  readonly why: readonly string[];
  readonly devices: readonly DoctorDevice[];
  /** The addon's file. */
  readonly addon: string;
  /** The instruction set of the host's kernels, `null` on NPUs. */
  readonly kernels: string | null;
  /** What to do, one command or change each; empty when nothing is missing. */
  readonly advice: readonly string[];
}

/** Opens the backend as the services do, and reports. Never rejects for a missing device. */
export async function doctor(): Promise<DoctorReport> {
  const addon = join(nativeFolder(), 'ascendcl.node');
  const advice = adviceFor(searchCann(), process.env, existsSync);
  try {
    const backend = await openBackend();
    const { kind, soc, version, libraries, why } = backend;
    return {
      backend: { kind, soc, version, libraries },
      problem: null,
      why,
      devices: await devicesOf(backend),
      addon,
      kernels: backend.host?.isa() ?? null,
      advice: kind === 'npu' ? [] : advice,
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const build = existsSync(addon) ? [] : ['build the native libraries: node native/build.mjs'];
    return {
      backend: null,
      problem,
      why: [],
      devices: [],
      addon,
      kernels: null,
      advice: [...build, ...advice],
    };
  }
}

/** What would make an NPU usable, from the search, the environment and the file system. */
export function adviceFor(
  search: CannSearch,
  env: NodeJS.ProcessEnv,
  exists: (path: string) => boolean,
): string[] {
  const advice: string[] = [];
  const npuVisible = exists('/dev/davinci_manager') || exists('/dev/davinci0');
  const stub = (env.LD_LIBRARY_PATH ?? '').split(':').find((folder) => /\/(stub|devlib)(\/|$)/.test(folder));
  if (search.sets.length === 0 && npuVisible) {
    advice.push('an NPU is visible but CANN is not: install the toolkit and source its set_env.sh');
  }
  if (search.sets.length > 0 && !npuVisible) {
    advice.push(
      'CANN is installed but no NPU is visible: pass /dev/davinci* into this container, check npu-smi info',
    );
  }
  if (search.sets.length > 0 && !env.ASCEND_OPP_PATH) {
    advice.push('ASCEND_OPP_PATH is not set: source set_env.sh of CANN before starting');
  }
  if (stub !== undefined) advice.push(`remove ${stub} from LD_LIBRARY_PATH: it holds link-time stubs`);
  return advice;
}

async function devicesOf(backend: Backend): Promise<DoctorDevice[]> {
  const devices: DoctorDevice[] = [];
  for (let index = 0; index < backend.devices; index++) {
    const device = await backend.openDevice(index);
    devices.push({ name: device.toString(), ...(await device.memory()) });
    await device.close();
  }
  return devices;
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadAddon, nativeFolder } from './addon.js';
import type { Backend, BackendOptions, BackendPreference } from './backend.js';
import { type LibrarySet, searchCann } from './cann-search.js';
import { Device } from './device.js';
import { rejectAsDeviceError } from './device-error.js';
import { hostControls } from './host-controls.js';
import type { NativeAddon, NativeRuntime } from './native.js';
import { OperatorTable } from './operator-table.js';
import { tryInChildProcess } from './trial.js';

let opened: { readonly prefer: BackendPreference; readonly backend: Promise<Backend> } | null = null;

/**
 * Opens AscendCL once a process; later calls return the same backend. With `auto`, CANN is tried in a child process
 * first, so that a driver that hangs or crashes costs a sentence and not this process.
 *
 * Rejects when the preferred backend cannot be opened, with a sentence for each attempt.
 */
export function openBackend(options: BackendOptions = {}): Promise<Backend> {
  const prefer = options.prefer ?? preferenceFromEnvironment();
  if (opened !== null) {
    if (prefer !== 'auto' && prefer !== opened.prefer) return refuseSecond(opened.backend, prefer);
    return opened.backend;
  }
  const backend = choose(prefer);
  opened = { prefer, backend };
  backend.catch(() => {
    opened = null;
  });
  return backend;
}

function preferenceFromEnvironment(): BackendPreference {
  const { OSUM_DEVICE: value } = process.env;
  if (value === undefined || value === '') return 'auto';
  if (value === 'auto' || value === 'npu' || value === 'host') return value;
  throw new Error(`OSUM_DEVICE is auto, npu or host, got ${value}`);
}

async function refuseSecond(backend: Promise<Backend>, prefer: BackendPreference): Promise<Backend> {
  const { kind } = await backend;
  if (kind === prefer) return backend;
  throw new Error(`this process has opened the ${kind} backend already; use another process for ${prefer}`);
}

async function choose(prefer: BackendPreference): Promise<Backend> {
  const addon = loadAddon();
  const why: string[] = [];
  if (prefer !== 'host') {
    const npu = await openNpu(addon, why);
    if (npu !== null) return npu;
    if (prefer === 'npu') throw new Error(`no NPU can be used: ${why.join('; ')}`);
  } else {
    why.push('the host was asked for');
  }
  return openHost(addon, why);
}

async function openNpu(addon: NativeAddon, why: string[]): Promise<Backend | null> {
  const { sets, misses } = searchCann();
  why.push(...misses);
  if (sets.length === 0)
    why.push('CANN is not installed in any known place (source its set_env.sh if it is)');
  for (const set of sets) {
    const trial = await tryInChildProcess(set);
    if (trial !== null) {
      why.push(`${set.root}: ${trial}`);
      continue;
    }
    try {
      const runtime = await openLibraries(addon, set);
      why.push(`${set.root}: ${runtime.devices} device(s) ${runtime.soc} answered`);
      return backendOf(addon, runtime, why);
    } catch (error) {
      why.push(`${set.root}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return null;
}

/** libhostacl, which is built beside the addon. */
export function hostLibraries(): LibrarySet {
  return { root: 'libhostacl', runtime: [join(nativeFolder(), 'libhostacl.so')], operators: [] };
}

async function openHost(addon: NativeAddon, why: string[]): Promise<Backend> {
  const set = hostLibraries();
  if (!existsSync(set.runtime[0] as string)) {
    throw new Error(`libhostacl is not built (expected ${set.runtime[0]}): run \`node native/build.mjs\``);
  }
  const runtime = await openLibraries(addon, set);
  why.push(`libhostacl: AscendCL on this CPU, ${addon.hostIsa(null)} kernels`);
  return backendOf(addon, runtime, why);
}

/** Opens a set of libraries; rejects with a `DeviceError` that says what to do. */
export function openLibraries(addon: NativeAddon, set: LibrarySet): Promise<NativeRuntime> {
  return addon
    .open(set.runtime, set.operators)
    .catch((failure: unknown) => rejectAsDeviceError(failure, set.root));
}

/** A backend over opened libraries. */
export function backendOf(addon: NativeAddon, runtime: NativeRuntime, why: readonly string[]): Backend {
  const operators = new OperatorTable(addon);
  const backend: Backend = {
    kind: runtime.host ? 'host' : 'npu',
    soc: runtime.soc,
    why: [...why],
    libraries: runtime.libraries,
    version: runtime.cannVersion ?? runtime.aclVersion?.join('.') ?? null,
    devices: runtime.devices,
    host: runtime.host ? hostControls(addon) : null,
    async openDevice(index = 0) {
      if (!Number.isInteger(index) || index < 0 || index >= runtime.devices) {
        throw new RangeError(`device ${index} does not exist: ${runtime.devices} visible, numbered from 0`);
      }
      const id = await addon
        .deviceOpen(index)
        .catch((failure: unknown) => rejectAsDeviceError(failure, `device ${index}`));
      return new Device(backend, index, id, addon, operators);
    },
  };
  return backend;
}

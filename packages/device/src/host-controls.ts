import type { HostStats, NativeAddon } from './native.js';

/** Faults that libhostacl can produce; the parameter's meaning follows each. */
export const HOST_FAULTS = {
  /** No faults from now on. Parameter 0. */
  none: 0,
  /** The n-th allocation from now on finds the memory exhausted. */
  outOfMemory: 1,
  /** The n-th operator from now on faults late. */
  kernel: 2,
  /** The device of this index is lost until it is reset. */
  deviceLost: 3,
  /** Every task takes this many microseconds longer; 0 = off. */
  slowStream: 4,
  /** The n-th wait for a stream times out. */
  syncTimeout: 5,
} as const;

/** What libhostacl offers beside AscendCL, for tests and benchmarks. */
export interface HostControls {
  /** Live objects and call counts of the whole process. */
  stats(): Readonly<HostStats>;
  injectFault(fault: keyof typeof HOST_FAULTS, parameter?: number): void;
  /** The kernels in use: `scalar`, `avx2`, `avx512`, `amx` or `neon`; selects them when given. */
  isa(name?: string): string;
  /** The latest misuse found by checked mode (`HOSTACL_CHECKED=1`) since the last call, `null` when none. */
  misuse(): string | null;
}

export function hostControls(addon: NativeAddon): HostControls {
  return {
    stats: () => {
      const stats = addon.hostStats();
      if (stats === null) throw new Error('only libhostacl has counters');
      return stats;
    },
    injectFault: (fault, parameter = 0) => addon.hostInjectFault(HOST_FAULTS[fault], parameter),
    isa: (name) => addon.hostIsa(name ?? null) ?? '',
    misuse: () => addon.hostMisuse(),
  };
}

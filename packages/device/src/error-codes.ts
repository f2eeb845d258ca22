import { ADDON_CODES } from './native.js';

/** What a code means, from the ABI reference, sections 2.8 and 3.6. */
const MEANINGS: Readonly<Record<number, string>> = {
  100000: 'invalid parameter',
  100001: 'AscendCL not initialised',
  100002: 'AscendCL initialised twice',
  100037: 'AscendCL finalised twice',
  100039: 'a link-time stub library was loaded',
  107000: 'invalid runtime parameter',
  107001: 'no such device',
  107002: 'no context on this thread',
  107003: 'stream of another context',
  107017: 'invalid handle',
  107020: 'task timed out',
  107022: 'device task aborted',
  107023: 'stream aborted',
  107027: 'call not allowed on a capturing stream',
  107030: 'call not allowed during capture',
  148049: 'operator package path invalid',
  161001: 'required operator argument missing',
  161002: 'operator does not support these dtypes, shapes or attributes',
  200000: 'host memory exhausted',
  207000: 'not supported by this device',
  207001: 'device memory exhausted',
  207004: 'no device visible',
  207005: 'resource allocation failed',
  207006: 'no permission for the device',
  207007: 'events exhausted',
  207008: 'streams exhausted',
  207018: 'device memory exhausted',
  361001: 'runtime call inside an operator failed',
  507007: 'context already released',
  507010: 'device lost (no heartbeat)',
  507014: 'matrix core timed out',
  507015: 'matrix core fault, typically a bad address or shape',
  507017: 'device CPU timed out',
  507018: 'device CPU fault',
  507033: 'device set-up failed',
  507034: 'vector core timed out',
  507035: 'vector core fault, typically a bad address or index',
  507046: 'stream did not finish in time',
  507047: 'event did not happen in time',
  507053: 'device memory fault',
  507899: 'driver fault',
  561002: 'operator cannot tile these shapes',
  561003: 'operator kernel not found',
  561107: 'operator package not found',
  561112: 'kernels package not installed',
  [ADDON_CODES.runCancelled]: 'cancelled',
  [ADDON_CODES.streamClosed]: 'stream closed',
  [ADDON_CODES.libraryMissing]: 'library not loadable',
  [ADDON_CODES.symbolMissing]: 'symbol not exported',
  [ADDON_CODES.fileUnreadable]: 'file not readable',
  [ADDON_CODES.deviceReset]: 'made before the device was reset',
  [ADDON_CODES.badHandle]: 'disposed or unknown object',
  [ADDON_CODES.badProgram]: 'malformed program',
  [ADDON_CODES.dependencyFailed]: 'the work it waited for failed',
  [ADDON_CODES.hostExhausted]: 'memory or threads of this process exhausted',
};

const ADVICE: Readonly<Record<number, string>> = {
  100039: 'remove the devlib or stub folder from LD_LIBRARY_PATH',
  148049: 'source set_env.sh of CANN so that ASCEND_OPP_PATH is set',
  207001: 'lower the batch, the cache or the arena size, or add a device',
  207004: 'check ASCEND_RT_VISIBLE_DEVICES and the driver with npu-smi info',
  207006: 'give this user access to /dev/davinci*',
  507033: 'check the driver with npu-smi info',
  561003: 'install the kernels package that matches the chip and the toolkit',
  561107: 'source set_env.sh of CANN so that ASCEND_OPP_PATH is set',
  561112: 'install the kernels package that matches the chip and the toolkit',
};

/** A few words for a code; `unknown code` when it is not in the reference. */
export function meaningOf(code: number): string {
  return MEANINGS[code] ?? 'unknown code';
}

/** What the reader can do about a code, `null` when there is nothing general to say. */
export function adviceFor(code: number): string | null {
  return ADVICE[code] ?? null;
}

/** Codes that stick to a device until it is reset: faults of kernels, memory and driver (5070xx, 5079xx). */
export function isDeviceLost(code: number): boolean {
  const recoverable = [507046, 507047, 507007, 507008, 507002, 507003, 507901, 507903];
  return (code >= 507000 && code < 508000 && !recoverable.includes(code)) || code === ADDON_CODES.deviceReset;
}

export function isOutOfMemory(code: number): boolean {
  return code === 207001 || code === 207018;
}

import { adviceFor, isDeviceLost, isOutOfMemory, meaningOf } from './error-codes.js';
import { ADDON_CODES, type NativeFailure } from './native.js';

/** A failed call of the device's libraries. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  /** A code of AscendCL or aclnn (ABI reference 2.8 and 3.6), or one of `ADDON_CODES`. */
  readonly code: number;
  /** The C function that failed. */
  readonly function: string;
  /** Index of the program step, `null` outside a program. */
  readonly step: number | null;
  /** Tensors of that step. */
  readonly tensors: readonly string[];
  /** What the library said (`aclGetRecentErrMsg`), may be empty. */
  readonly detail: string;

  constructor(failure: NativeFailure, where: string) {
    const { code, step, tensors, detail } = failure;
    const at = step < 0 ? '' : ` at step ${step}${tensors.length === 0 ? '' : ` on ${tensors.join(', ')}`}`;
    const said = detail === '' ? '' : `: ${detail.trim()}`;
    const advice = adviceFor(code);
    super(
      `${failure.function} failed on ${where}${at} with ${code} (${meaningOf(code)})${said}${advice === null ? '' : `; ${advice}`}`,
    );
    this.code = code;
    this.function = failure.function;
    this.step = step < 0 ? null : step;
    this.tensors = tensors;
    this.detail = detail;
  }

  /** True when the device answers nothing useful until `Device.reset`. */
  get deviceLost(): boolean {
    return isDeviceLost(this.code);
  }

  /** True when device memory was too small; the device itself is well. */
  get outOfMemory(): boolean {
    return isOutOfMemory(this.code);
  }
}

/** Turns what the addon rejects with into a `DeviceError` (or an abort), and rethrows anything else. */
export function rejectAsDeviceError(
  failure: unknown,
  where: { toString(): string },
  signal?: AbortSignal,
): never {
  if (!isNativeFailure(failure)) throw failure;
  if (failure.code === ADDON_CODES.runCancelled && signal?.aborted) throw signal.reason;
  throw new DeviceError(failure, where.toString());
}

function isNativeFailure(value: unknown): value is NativeFailure {
  return (
    typeof value === 'object' && value !== null && 'code' in value && 'tensors' in value && 'detail' in value
  );
}

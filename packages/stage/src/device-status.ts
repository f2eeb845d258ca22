import { DeviceError, SchedulerFullError } from '@osum/device';
import { MeshError } from '@osum/mesh';

/** How long a caller waits before it asks a device again whose memory was full. */
const MEMORY_PUSHBACK_MS = 500;

/** What a failure of a device means to a caller; undefined for anything that is no such failure. */
export function deviceStatus(error: unknown): MeshError | undefined {
  if (error instanceof SchedulerFullError) {
    return new MeshError('queueFull', error.message, { pushbackMs: error.retryAfterMs, cause: error });
  }
  if (!(error instanceof DeviceError)) return undefined;
  if (error.outOfMemory) {
    return new MeshError('memoryFull', 'Device memory is full; try again later or on another instance.', {
      pushbackMs: MEMORY_PUSHBACK_MS,
      cause: error,
    });
  }
  return new MeshError(
    'deviceLost',
    `The device failed (code ${error.code} of ${error.function}); try again, another instance may answer.`,
    { cause: error, facts: { deviceCode: String(error.code) } },
  );
}

import { freemem } from 'node:os';
import type { Device } from '@osum/device';
import type { Manifest } from '../package/manifest.js';
import { PackageError } from '../package/package-error.js';

/**
 * Throws a `PackageError` when a file of weights and `besideBytes` of other memory do not fit on a device. Reads nothing
 * of the file. On the host, weights are used in place: they count against the device's memory all the same, as they
 * would be read from the disk for every token if they did not stay in memory.
 */
export async function requireMemory(
  device: Device,
  file: Manifest['files']['encoder'],
  besideBytes: number,
): Promise<void> {
  const availableBytes = await availableMemory(device);
  if (file.bytes + besideBytes <= availableBytes) return;
  const more =
    device.backend.kind === 'npu'
      ? 'free the device or use one with more memory'
      : 'give the machine more memory, or the device a larger share of it by HOSTACL_DEVICE_MEMORY (bytes)';
  throw new PackageError(
    'memory',
    `${file.path} takes ${gibibytes(file.bytes)} and ${gibibytes(besideBytes)} beside it, but ${device} has ${gibibytes(availableBytes)} left; convert with --dtype int8, plan with osum doctor --plan, or ${more}`,
  );
}

async function availableMemory(device: Device): Promise<number> {
  const { freeBytes } = await device.memory();
  if (device.backend.kind === 'npu') return freeBytes;
  // What a container may have; without a limit it is 0 or beyond any machine.
  const limitBytes = process.constrainedMemory() || Number.MAX_SAFE_INTEGER;
  // The kernel counts pages of mapped files as available, which they are not as long as the model is in use.
  return Math.max(0, Math.min(freeBytes, freemem(), limitBytes) - device.mappedBytes);
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(bytes < 2 ** 30 ? 3 : 1)} GiB`;
}

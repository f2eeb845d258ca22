import { type Device, DeviceScheduler, openBackend } from '@osum/device';
import type { StageConfig } from './stage-config.js';

/** A process's devices under one scheduler. */
export interface OpenedDevices {
  readonly scheduler: DeviceScheduler;
  /** Waits for leases, unloads what is resident, and gives the devices back. */
  close(): Promise<void>;
}

/** Opens every device of the chosen backend. */
export async function openDevices(prefer: StageConfig['device']): Promise<OpenedDevices> {
  const backend = await openBackend({ prefer });
  const devices: Device[] = [];
  for (let index = 0; index < backend.devices; index++) devices.push(await backend.openDevice(index));
  const scheduler = new DeviceScheduler(devices);
  return {
    scheduler,
    async close() {
      await scheduler.close();
      for (const device of devices) await device.close();
    },
  };
}

import type { Device } from '../device.js';
import type { Resident } from './scheduling.js';

/** Something loaded on every device of a scheduler. */
export class ResidentSet<T> implements Resident<T> {
  readonly #byDevice = new Map<Device, T>();

  constructor(
    readonly name: string,
    readonly load: (device: Device) => Promise<T>,
    readonly unload: (value: T) => Promise<void>,
  ) {}

  on(device: Device): T {
    const value = this.#byDevice.get(device);
    if (value === undefined)
      throw new Error(`${this.name} is not loaded on ${device}: the device is out of service`);
    return value;
  }

  async loadOn(device: Device): Promise<void> {
    this.#byDevice.set(device, await this.load(device));
  }

  async unloadFrom(device: Device): Promise<void> {
    const value = this.#byDevice.get(device);
    this.#byDevice.delete(device);
    if (value !== undefined) await this.unload(value);
  }
}

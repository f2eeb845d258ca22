import type { Device } from './device.js';

/** A point in a stream's work that other streams of the device can wait for. Made by `Device.createEvent`. */
export class DeviceEvent implements AsyncDisposable {
  #released: Promise<void> | null = null;

  constructor(
    readonly device: Device,
    readonly id: number,
  ) {}

  /** Destroys the event once no submitted program uses it. */
  dispose(): Promise<void> {
    this.#released ??= this.device.release(this, this.device.addon.eventDestroy(this.id));
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

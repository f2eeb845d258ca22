import { Arena } from './arena.js';
import type { Device } from './device.js';
import type { DeviceBuffer } from './device-buffer.js';
import { Program } from './program/program.js';

/** A new buffer that holds `bytes`, written through a stream of its own. For loading, not for serving. */
export async function uploadBuffer(device: Device, bytes: Uint8Array): Promise<DeviceBuffer> {
  const buffer = await device.allocate(bytes.byteLength);
  const stream = await device.createStream();
  try {
    const program = new Program(new Arena(buffer));
    program.upload(buffer.tensor('u8', [bytes.byteLength]), bytes);
    await stream.run(program);
    return buffer;
  } catch (error) {
    await buffer.dispose();
    throw error;
  } finally {
    await stream.dispose();
  }
}

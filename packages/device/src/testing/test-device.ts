import assert from 'node:assert/strict';
import { Arena } from '../arena.js';
import type { Backend } from '../backend.js';
import type { Device } from '../device.js';
import type { DeviceBuffer } from '../device-buffer.js';
import type { DType } from '../dtype.js';
import type { HostControls } from '../host-controls.js';
import { bytesFromValues } from '../host-values.js';
import { openBackend } from '../open-backend.js';
import { Program } from '../program/program.js';
import type { Stream } from '../stream.js';
import type { Tensor } from '../tensor.js';

/** libhostacl for a test file, in checked mode unless told otherwise. Call before anything else opens a backend. */
export function openTestBackend(environment: Record<string, string> = {}): Promise<Backend> {
  Object.assign(process.env, {
    HOSTACL_CHECKED: '1',
    HOSTACL_DEVICE_MEMORY: String(1 << 28),
    ...environment,
  });
  return openBackend({ prefer: 'host' });
}

/** libhostacl's controls; tests always run on the host. */
export function controls(backend: Backend): HostControls {
  assert.ok(backend.host);
  return backend.host;
}

/** A device with a stream and an arena, and ways to say a test in a few lines. */
export class TestDevice {
  private constructor(
    readonly backend: Backend,
    readonly device: Device,
    readonly stream: Stream,
    readonly buffer: DeviceBuffer,
  ) {}

  static async open(backend: Backend, index = 0): Promise<TestDevice> {
    const device = await backend.openDevice(index);
    return new TestDevice(backend, device, await device.createStream(), await device.allocate(32 << 20));
  }

  program(): Program {
    return new Program(new Arena(this.buffer));
  }

  /** Builds a program, runs it, and returns the tensor that `build` returned as numbers. */
  async compute(build: (program: Program) => Tensor): Promise<Float64Array> {
    const program = this.program();
    const result = program.download(program.contiguous(build(program)));
    await this.stream.run(program);
    return result.values();
  }

  /** Gives everything back and asserts that nothing is left and nothing was misused. */
  async close(): Promise<void> {
    assert.equal(controls(this.backend).misuse(), null);
    await this.stream.dispose();
    await this.buffer.dispose();
    await this.device.close();
    assertNothingLeft(this.backend);
  }
}

/** Asserts that libhostacl counts no live object. */
export function assertNothingLeft(backend: Backend): void {
  const live = Object.entries(controls(backend).stats()).filter(([name]) => name.startsWith('live'));
  const left = live.filter(([, count]) => count !== 0).map(([name, count]) => `${name}: ${count}`);
  assert.deepEqual(left, [], 'objects left on the device');
}

/** A tensor of the program's arena that gets these values when the program runs. */
export function given(
  program: Program,
  dtype: DType,
  shape: readonly number[],
  values: ArrayLike<number>,
): Tensor {
  const tensor = program.arena.tensor(dtype, shape);
  program.upload(tensor, bytesFromValues(dtype, values));
  return tensor;
}

/** Reproducible numbers in [-1, 1). */
export function noise(count: number, seed = 1): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Asserts |actual - expected| <= tolerance * max(1, |expected|) everywhere. */
export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const want = expected[i] as number;
    const got = actual[i] as number;
    const bound = tolerance * Math.max(1, Math.abs(want));
    assert.ok(Math.abs(got - want) <= bound, `element ${i}: got ${got}, expected ${want} within ${bound}`);
  }
}

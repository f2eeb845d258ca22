import { Arena, type Device, type HostControls, openBackend, Program, type Tensor } from '@osum/device';

/** The kernels that libhostacl can be switched between; a machine has some of them. */
const KERNELS = ['scalar', 'avx2', 'avx512', 'amx', 'neon'] as const;

let opened: Promise<Device> | null = null;

/** The host device of this test process. */
export function hostDevice(): Promise<Device> {
  opened ??= openBackend({ prefer: 'host' }).then((backend) => backend.openDevice(0));
  return opened;
}

/** Runs `body` once with each kernel set that this machine has, the scalar reference first. */
export async function withEachKernelSet(body: (kernels: string) => Promise<void>): Promise<void> {
  const { host } = (await hostDevice()).backend;
  if (host === null) throw new Error('these tests run on the host; unset OSUM_DEVICE or set it to host');
  const usual = host.isa();
  try {
    for (const kernels of KERNELS) if (selected(host, kernels)) await body(kernels);
  } finally {
    host.isa(usual);
  }
}

function selected(host: HostControls, kernels: string): boolean {
  try {
    return host.isa(kernels) === kernels;
  } catch {
    return false; // this machine cannot run them
  }
}

/**
 * Builds a program with `build`, runs it on a stream of its own, and returns the elements of the tensors that `build`
 * handed to `keep`, by name.
 */
export async function runProgram(
  device: Device,
  arenaBytes: number,
  build: (program: Program, keep: (name: string, tensor: Tensor) => void) => void,
): Promise<Record<string, Float32Array>> {
  const buffer = await device.allocate(arenaBytes);
  const stream = await device.createStream();
  try {
    const program = new Program(new Arena(buffer));
    const kept = new Map<string, ReturnType<Program['download']>>();
    build(program, (name, tensor) => kept.set(name, program.download(tensor)));
    await stream.run(program);
    return Object.fromEntries([...kept].map(([name, download]) => [name, download.float32()]));
  } finally {
    await stream.dispose();
    await buffer.dispose();
  }
}

/** A new tensor of the program's arena with these elements. */
export function uploaded(
  program: Program,
  dtype: 'f32' | 'bf16',
  shape: readonly number[],
  values: ArrayLike<number>,
): Tensor {
  const tensor = program.arena.tensor(dtype, shape);
  program.upload(tensor).setValues(values);
  return tensor;
}

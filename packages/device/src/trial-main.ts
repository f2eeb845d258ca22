// Run by `tryInChildProcess`: opens a set of libraries and adds two numbers on device 0. Exit status 0 = it works.
import { loadAddon } from './addon.js';
import { Arena } from './arena.js';
import type { LibrarySet } from './cann-search.js';
import { backendOf, openLibraries } from './open-backend.js';
import { Program } from './program/program.js';

async function main(set: LibrarySet): Promise<void> {
  const addon = loadAddon();
  const runtime = await openLibraries(addon, set);
  if (runtime.devices === 0) throw new Error('the runtime opened but no device is visible');
  const device = await backendOf(addon, runtime, []).openDevice(0);
  const buffer = await device.allocate(1 << 16);
  const stream = await device.createStream();
  const program = new Program(new Arena(buffer));
  const x = program.arena.tensor('f32', [16]);
  program.upload(x).setValues(Array.from({ length: 16 }, (_, i) => i));
  const sum = program.download(program.adds(x, 0.5));
  await stream.run(program);
  if (!sum.float32().every((value, i) => value === i + 0.5)) {
    throw new Error(`device 0 computed ${sum.float32().join(' ')} for 0.5, 1.5, ...`);
  }
  await stream.dispose();
  await buffer.dispose();
  await device.close();
}

main(JSON.parse(process.argv[2] ?? '') as LibrarySet).then(
  () => process.exit(0),
  (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${text.replaceAll('\n', ' ')}\n`);
    process.exit(1);
  },
);

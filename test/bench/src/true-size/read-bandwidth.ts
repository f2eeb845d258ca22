import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** Read by each thread in a pass: far beyond any cache. */
const THREAD_BYTES = 2 ** 29;
const PASSES = 5;

/**
 * Bytes a second that so many threads read from memory together, each its own 512 MiB from end to end by `memchr` for a
 * byte that is not there. Best of five passes.
 */
export async function readBandwidth(threads: number): Promise<number> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL(import.meta.url), { workerData: gate.buffer }),
  );
  try {
    await Promise.all(workers.map((worker) => once(worker, 'message'))); // memory is filled
    const rates: number[] = [];
    for (let pass = 1; pass <= PASSES; pass++) {
      const done = workers.map((worker) => once(worker, 'message'));
      const start = performance.now();
      Atomics.store(gate, 0, pass);
      Atomics.notify(gate, 0);
      await Promise.all(done);
      rates.push((threads * THREAD_BYTES * 1000) / (performance.now() - start));
    }
    return Math.max(...rates);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function readPasses(gate: Int32Array): void {
  const memory = Buffer.alloc(THREAD_BYTES, 1);
  parentPort?.postMessage('filled');
  for (let pass = 0; pass < PASSES; pass++) {
    Atomics.wait(gate, 0, pass);
    if (memory.indexOf(2) !== -1) throw new Error('the memory holds a byte that was never written');
    parentPort?.postMessage('read');
  }
}

if (!isMainThread) readPasses(new Int32Array(workerData as SharedArrayBuffer));

import { Arena, Program, type Stream } from '@osum/device';
import type { KvCache } from '../kv/kv-cache.js';
import type { KvSequence } from '../kv/kv-sequence.js';

/** Forks a sequence and copies what the two do not share. Gives the new one's blocks back on failure. */
export async function forkSequence(
  stream: Stream,
  cache: KvCache,
  parent: KvSequence,
  positions: number,
): Promise<KvSequence> {
  const { sequence, copies } = parent.fork(positions);
  if (copies.length === 0) return sequence;
  try {
    const program = new Program(new Arena(cache.buffer));
    cache.copyBlocks(program, copies);
    await stream.run(program);
    return sequence;
  } catch (error) {
    sequence.release();
    throw error;
  }
}
